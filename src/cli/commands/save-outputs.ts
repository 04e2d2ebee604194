import { Interruption, systemReason } from "../cli-errors.ts";
import { writeUndelivered } from "../files/undelivered-file.ts";
import type { InputReader } from "../input/input-reader.ts";
import type { SavedOutputs, SavedUndelivered } from "../output/next-steps.ts";
import type { Terminal } from "../output/terminal.ts";
import type { World } from "../world.ts";
import type { Delivered } from "./deliver-rows.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** Writes what is needed to go on later, and removes the checkpoint when everything is delivered. */
export async function saveOutputs(
  delivered: Delivered,
  outputs: RunOutputs,
  reader: InputReader,
  terminal: Terminal,
  world: World,
): Promise<SavedOutputs> {
  const { rejectedFile, checkpointFile } = outputs;
  const isComplete = delivered.cause === undefined;
  const problems: string[] = [];

  function attempt(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      problems.push(`${what}: ${systemReason(error)}`);
    }
  }

  let undelivered: SavedUndelivered | undefined;
  try {
    undelivered = await saveUndelivered(delivered, outputs, reader, terminal, world);
  } catch (error) {
    problems.push(`--undelivered ${outputs.undelivered} could not be written: ${systemReason(error)}`);
  }
  attempt("the rejected records could not be written", () => rejectedFile?.close(isComplete));
  const isDone = isComplete || isUntouched(delivered, outputs);
  if (isDone) attempt("the checkpoint could not be deleted", () => checkpointFile?.remove());
  return { undelivered, hasCheckpoint: !isDone && checkpointFile !== undefined, problems };
}

async function saveUndelivered(
  { report, undelivered, cause }: Delivered,
  { undelivered: path, rejections, resumeFrom }: RunOutputs,
  reader: InputReader,
  terminal: Terminal,
  { signal }: World,
): Promise<SavedUndelivered | undefined> {
  if (path === undefined) return undefined;
  const onUnreadable = rejections.addUnreadable.bind(rejections);
  if (cause === undefined)
    return { ...(await writeUndelivered(path, [], none(), onUnreadable)), isCut: false };

  // A pipe may go on for hours: who stops the run does not want to wait for its end.
  const isOpenEnded = reader.inputs.some(({ size }) => size === undefined);
  const isStopped = cause instanceof Interruption;
  const readsOn = !reader.hasEnded && !(isStopped && isOpenEnded);
  if (readsOn) {
    const hint = isStopped ? "." : "; Ctrl-C ends that.";
    terminal.note(`Reading the rest of the input for --undelivered ${path}${hint}`);
  }
  const taken = (resumeFrom?.records ?? 0) + report.received;
  const rest = readsOn ? reader.rest(taken, isStopped ? undefined : signal) : none();
  const written = await writeUndelivered(path, undelivered, rest, onUnreadable);
  return { ...written, isCut: !reader.hasEnded, cutBy: written.cutBy === cause ? undefined : written.cutBy };
}

async function* none(): AsyncGenerator<never> {}

/** Whether no run has sent anything, so that the input may be corrected. */
function isUntouched({ report }: Delivered, { resumeFrom, rejections }: RunOutputs): boolean {
  const { records } = rejections.beforeRefused(report.checkpoint);
  return resumeFrom === undefined && report.requests === 0 && records === 0;
}
