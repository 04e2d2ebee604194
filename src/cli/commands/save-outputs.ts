import { Interruption, systemReason } from "../cli-errors.ts";
import { writeUndelivered } from "../files/undelivered-file.ts";
import type { InputReader } from "../input/input-reader.ts";
import type { SavedOutputs } from "../output/summary.ts";
import type { Delivered } from "./deliver-rows.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** Writes what is needed to go on later, and removes the checkpoint when everything is delivered. */
export async function saveOutputs(
  delivered: Delivered,
  outputs: RunOutputs,
  reader: InputReader,
): Promise<SavedOutputs> {
  const { rejectedFile, checkpointFile } = outputs;
  const saved: SavedOutputs = { undelivered: undefined, isCut: false, hasCheckpoint: false, problems: [] };
  await saveUndelivered(saved, delivered, outputs, reader);
  attempt(saved, "the rejected records could not be written", () =>
    rejectedFile?.close(delivered.cause === undefined),
  );
  if (delivered.cause === undefined || isUntouched(delivered, outputs)) {
    attempt(saved, "the checkpoint could not be deleted", () => checkpointFile?.remove());
  } else {
    saved.hasCheckpoint = checkpointFile !== undefined;
  }
  return saved;
}

async function saveUndelivered(
  saved: SavedOutputs,
  { report, undelivered, cause }: Delivered,
  { undelivered: path, rejections, resumeFrom }: RunOutputs,
  reader: InputReader,
): Promise<void> {
  if (path === undefined) return;
  // A pipe may go on for hours: who stops the run does not want to wait for its end.
  const isOpenEnded = reader.inputs.some(({ size }) => size === undefined);
  saved.isCut = cause instanceof Interruption && isOpenEnded && !reader.hasEnded;
  const taken = (resumeFrom?.records ?? 0) + report.received;
  const rest = cause === undefined || saved.isCut ? none() : reader.rest(taken);
  try {
    const { count, cutBy } = await writeUndelivered(path, undelivered, rest, (row, index) =>
      rejections.addUnreadable(row, index),
    );
    saved.undelivered = count;
    saved.isCut ||= cutBy !== undefined;
    if (cutBy !== undefined && cutBy !== cause) saved.problems.push(systemReason(cutBy));
  } catch (error) {
    saved.problems.push(`--undelivered ${path} could not be written: ${systemReason(error)}`);
  }
}

async function* none(): AsyncGenerator<never> {}

function attempt(saved: SavedOutputs, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    saved.problems.push(`${what}: ${systemReason(error)}`);
  }
}

/** Whether no run has sent anything, so that the input may be corrected. */
function isUntouched({ report }: Delivered, { resumeFrom, rejections }: RunOutputs): boolean {
  const { records } = rejections.beforeRefused(report.checkpoint);
  return resumeFrom === undefined && report.requests === 0 && records === 0;
}
