import {
  type AudienceAction,
  type Checkpoint,
  InvalidActionError,
  UpdateError,
  type UpdateReport,
} from "../index.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import type { Connection, World } from "./connection.ts";
import { systemReason } from "./errors.ts";
import { Progress } from "./progress.ts";
import type { Reader } from "./reader.ts";
import type { Rejected } from "./rejected.ts";

export interface Delivery {
  audience: string;
  reader: Reader;
  rejected: Rejected;
  checkpoint: CheckpointFile | undefined;
  resumeFrom: Checkpoint | undefined;
  skipInvalid: boolean;
  isolate: boolean;
  dryRun: boolean;
}

/** How an update ended. */
export interface Delivered {
  report: UpdateReport;
  /** Read and not accepted. */
  undelivered: AudienceAction[];
  /** What ended it early. */
  cause?: unknown;
  /** From where a run over the same input goes on. */
  checkpoint: Checkpoint;
}

/** One update by the library, watched. Throws what kept it from beginning. */
export async function deliver(
  delivery: Delivery,
  { client, requestsPerSecond }: Connection,
  { screen, signal }: World,
): Promise<Delivered> {
  const { audience, reader, rejected, checkpoint, resumeFrom, skipInvalid, isolate, dryRun } = delivery;
  const progress = new Progress(reader, requestsPerSecond, () => performance.now());
  let saves = true;

  function save(from: Checkpoint): void {
    try {
      if (checkpoint !== undefined) rejected.flush();
      checkpoint?.save(resumable(from));
      saves = true;
    } catch (error) {
      // Delivering is what the run is for. An older checkpoint only means more to send again.
      if (saves) screen.warn(`the checkpoint could not be written: ${systemReason(error)}; the run goes on`);
      saves = false;
    }
  }

  /** What the API refused alone was not delivered: a later run meets it again. */
  function resumable(from: Checkpoint): Checkpoint {
    const { firstRefused = from.records } = rejected;
    return firstRefused < from.records ? { ...from, records: firstRefused } : from;
  }

  screen.follow(audience, () => progress.status);
  try {
    const report = await client.update(audience, reader.actions, {
      signal,
      dryRun,
      resumeFrom,
      invalid: skipInvalid ? "skip" : "throw",
      refused: isolate ? "isolate" : "stop",
      onRejected: (issue) => rejected.add(issue, reader.current),
      onProgress(now) {
        progress.report(now);
        save(now.checkpoint);
      },
    });
    return { report, undelivered: [], checkpoint: report.checkpoint };
  } catch (error) {
    if (!(error instanceof UpdateError || error instanceof InvalidActionError)) throw error;
    const { report, undelivered } = error;
    save(report.checkpoint);
    const cause = error instanceof UpdateError ? error.cause : error;
    return { report, undelivered: [...undelivered], cause, checkpoint: resumable(report.checkpoint) };
  } finally {
    screen.stop();
  }
}
