import { Interruption, systemReason } from "../cli-errors.ts";
import { writeUndelivered } from "../files/undelivered-file.ts";
import type { InputReader } from "../input/input-reader.ts";
import type { SavedOutputs, SavedUndelivered } from "../output/next-steps.ts";
import type { Terminal } from "../output/terminal.ts";
import type { World } from "../world.ts";
import type { Delivered } from "./deliver-rows.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** Writes what was not delivered, and what was rejected. */
export async function saveOutputs(
  delivered: Delivered,
  outputs: RunOutputs,
  reader: InputReader,
  terminal: Terminal,
  world: World,
): Promise<SavedOutputs> {
  const problems: string[] = [];
  let undelivered: SavedUndelivered | undefined;
  try {
    undelivered = await saveUndelivered(delivered, outputs, reader, terminal, world);
  } catch (error) {
    problems.push(`--undelivered ${outputs.undelivered} could not be written: ${systemReason(error)}`);
  }
  try {
    outputs.rejectedFile?.close(delivered.cause === undefined);
  } catch (error) {
    problems.push(`the rejected records could not be written: ${systemReason(error)}`);
  }
  return { undelivered, problems };
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
  const isRead = reader.hasEnded || resumeFrom?.spilled !== undefined;
  const readsOn = !isRead && !(isStopped && isOpenEnded);
  if (readsOn) {
    const hint = isStopped ? "." : "; Ctrl-C ends that.";
    terminal.note(`Reading the rest of the input for --undelivered ${path}${hint}`);
  }
  const taken = (resumeFrom?.records ?? 0) + report.received;
  const rest = readsOn ? reader.rest(taken, isStopped ? undefined : signal) : none();
  const written = await writeUndelivered(path, undelivered, rest, onUnreadable);
  return {
    ...written,
    isCut: !isRead && !reader.hasEnded,
    cutBy: written.cutBy === cause ? undefined : written.cutBy,
  };
}

async function* none(): AsyncGenerator<never> {}
