import type { Checkpoint } from "../index.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import type { Delivered } from "./deliver.ts";
import { Interruption, systemReason } from "./errors.ts";
import type { Reader } from "./reader.ts";
import type { Rejected } from "./rejected.ts";
import { writeUndelivered } from "./undelivered.ts";

export interface Keeping {
  reader: Reader;
  rejected: Rejected;
  checkpoint: CheckpointFile | undefined;
  /** Path of the file for it. */
  undelivered: string | undefined;
  resumeFrom: Checkpoint | undefined;
}

/** What a run leaves on the disk. */
export interface Kept {
  /** Actions in the file of what was not delivered. */
  undelivered: number | undefined;
  /** Whether that file ends before the input does. */
  isCut: boolean;
  hasCheckpoint: boolean;
  /** What could not be written. */
  problems: string[];
}

/** Writes what has to be there when the run is over, and takes the checkpoint away when all is done. */
export async function keep(delivered: Delivered, keeping: Keeping): Promise<Kept> {
  const { reader, rejected, checkpoint, undelivered: path, resumeFrom } = keeping;
  const { report, undelivered, cause } = delivered;
  const kept: Kept = { undelivered: undefined, isCut: false, hasCheckpoint: false, problems: [] };

  function attempt(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      kept.problems.push(`${what}: ${systemReason(error)}`);
    }
  }

  if (path !== undefined) {
    // A pipe may go on for hours: who stops the run does not want to wait for its end.
    const isOpenEnded = reader.inputs.some(({ size }) => size === undefined);
    kept.isCut = cause instanceof Interruption && isOpenEnded && !reader.hasEnded;
    const taken = (resumeFrom?.records ?? 0) + report.received;
    const rest = cause === undefined || kept.isCut ? [] : reader.rest(taken);
    try {
      const { count, cutBy } = await writeUndelivered(path, undelivered, rest, (located) => {
        rejected.add({ index: located.index, path: "", reason: "" }, located);
      });
      kept.undelivered = count;
      kept.isCut ||= cutBy !== undefined;
      if (cutBy !== undefined && cutBy !== cause) kept.problems.push(systemReason(cutBy));
    } catch (error) {
      kept.problems.push(`--undelivered ${path} could not be written: ${systemReason(error)}`);
    }
  }
  attempt("the rejected records could not be written", () => rejected.close());

  // What an earlier run had sent may still be on its way.
  const isUntouched = resumeFrom === undefined && report.requests === 0 && delivered.checkpoint.records === 0;
  if (cause === undefined || isUntouched) {
    attempt("the checkpoint could not be deleted", () => checkpoint?.remove());
  } else kept.hasCheckpoint = checkpoint !== undefined;
  return kept;
}
