import { type AppliedState, NotAppliedError } from "../../index.ts";
import type { DeliveryArguments } from "../arguments.ts";
import { EXIT, exitCodeOf, Interruption, messageOf, systemReason } from "../cli-errors.ts";
import type { Flags } from "../command-options.ts";
import type { Connection } from "../connection.ts";
import type { InputReader } from "../input/input-reader.ts";
import { printNextSteps, type SavedOutputs } from "../output/next-steps.ts";
import { noteProxy } from "../output/proxy-note.ts";
import { resultJson, resultTable } from "../output/result-text.ts";
import { printSummary } from "../output/summary.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";
import type { Delivered } from "./deliver-rows.ts";
import { type ProgressSaver, type RunOutputs, recordsBefore } from "./run-outputs.ts";
import { saveOutputs } from "./save-outputs.ts";
import { openTokens, waitHint, waitUntilApplied } from "./wait-command.ts";

export interface UpdateEnd {
  command: DeliveryArguments["command"];
  audience: string;
  timeout: number | undefined;
  flags: Flags;
  delivered: Delivered;
  outputs: RunOutputs;
  reader: InputReader;
  saver: ProgressSaver;
}

/** Everything after the delivery: what is printed, saved and waited for. Resolves to the exit code. */
export async function endUpdate(
  end: UpdateEnd,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const { command, flags, delivered, outputs, reader } = end;
  const { report, cause } = delivered;
  const ending = { command, report, cause, rejections: outputs.rejections, flags };
  // Before the rest of the input is read, which may take long.
  printSummary(ending, terminal);
  noteProxy(cause, terminal, world);
  const saved = await saveOutputs(delivered, outputs, reader, terminal, world);
  const waited = await waitForAll(end, connection, terminal, world);
  const hasCheckpoint = finishCheckpoint(end, waited, saved);
  outputs.workDirectory?.end(hasCheckpoint && report.checkpoint.spilled !== undefined);
  await printResult(end, waited, terminal, world).catch((error: unknown) =>
    saved.problems.push(messageOf(error)),
  );
  const { error: waitError, hint: waitHint } = waited;
  printNextSteps(ending, { saved, hasCheckpoint, waitError, waitHint }, terminal);
  return exitCodeOfRun(delivered, saved, waitError);
}

interface Waited {
  /** By token. */
  states?: Record<string, AppliedState>;
  error?: unknown;
  /** A command that waits on. */
  hint?: string;
}

/** With `--wait`, waits for what this run sent or, where that is nothing, for what an earlier one did. */
async function waitForAll(
  { audience, timeout, flags, delivered: { report, cause }, outputs, saver }: UpdateEnd,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<Waited> {
  const sentBefore = report.requests === 0 ? outputs.resumeFrom?.indexingTokens : undefined;
  const tokens = sentBefore ?? report.indexingTokens;
  if (!flags.wait || flags["dry-run"] || cause !== undefined || tokens.length === 0) return {};
  // A run that is killed now can be waited for by the next one.
  saver.save({ ...report.checkpoint, indexingTokens: [...tokens] });
  try {
    return { states: await waitUntilApplied(audience, tokens, timeout, connection, terminal, world) };
  } catch (error) {
    const open = openTokens(error, tokens);
    if (open.length === 0) return { error };
    saver.save({ ...report.checkpoint, indexingTokens: [...open] });
    return { error, hint: waitHint(audience, open) };
  }
}

/** Removes the checkpoint where no run needs it. Whether there is still one. */
function finishCheckpoint({ delivered, outputs }: UpdateEnd, waited: Waited, saved: SavedOutputs): boolean {
  const { checkpointFile } = outputs;
  if (checkpointFile === undefined) return false;
  const isDone = delivered.cause === undefined && waited.error === undefined;
  if (!isDone && !isUntouched(delivered, outputs)) return true;
  try {
    checkpointFile.remove();
  } catch (error) {
    saved.problems.push(`the checkpoint could not be deleted: ${systemReason(error)}`);
  }
  return false;
}

/** Whether no run has sent anything, so that the input may be corrected. */
function isUntouched({ report }: Delivered, { resumeFrom }: RunOutputs): boolean {
  return resumeFrom === undefined && report.requests === 0 && recordsBefore(report.checkpoint) === 0;
}

async function printResult(
  { delivered: { report, cause }, outputs: { rejections }, flags }: UpdateEnd,
  { states, error: waitError }: Waited,
  terminal: Terminal,
  world: World,
): Promise<void> {
  if (!flags.json && cause !== undefined && report.received === 0) return;
  const dryRun = flags["dry-run"] === true;
  const result = { report, rejections, dryRun, states, error: cause ?? waitError };
  await print(world, flags.json ? resultJson(result) : resultTable(result));
  terminal.separate();
}

function exitCodeOfRun({ report, cause }: Delivered, saved: SavedOutputs, waitError: unknown): number {
  // A window that was not applied in time prevents the next one from being sent.
  if (cause !== undefined) return cause instanceof NotAppliedError ? EXIT.undelivered : exitCodeOf(cause);
  if (waitError instanceof Interruption) return waitError.exitCode;
  if (saved.problems.length > 0 || report.rejected > 0) return EXIT.undelivered;
  return waitError === undefined ? 0 : EXIT.notApplied;
}
