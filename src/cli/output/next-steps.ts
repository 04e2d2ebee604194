import { ApiError, ConfigurationError, ConnectionError, InvalidActionError } from "../../index.ts";
import { InputError, Interruption, UsageError } from "../cli-errors.ts";
import { pluralize } from "../format.ts";
import { type Ending, printRejections } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

export interface SavedUndelivered {
  /** Actions in the file. */
  count: number;
  /** Whether the file ends before the input does. */
  isCut: boolean;
  /** The error of the input that cut it. */
  cutBy?: unknown;
}

/** What a run leaves on the disk. */
export interface SavedOutputs {
  undelivered: SavedUndelivered | undefined;
  /** What could not be written. */
  problems: string[];
}

/** What is left to do after an update. */
export interface Leftover {
  saved: SavedOutputs;
  hasCheckpoint: boolean;
  /** What ended the waiting for accepted requests. */
  waitError: unknown;
  /** A command that waits on; missing where there is none. */
  waitHint: string | undefined;
}

/** Prints for people what is left of a run, and what to do next. */
export function printNextSteps(ending: Ending, leftover: Leftover, terminal: Terminal): void {
  const { saved, waitError } = leftover;
  printRejections(ending.rejections, (text) => terminal.warn(text), terminal);
  if (waitError instanceof Interruption) terminal.note("Stopped waiting, all was accepted.");
  else if (waitError !== undefined) terminal.failure(waitError);
  const cutBy = saved.undelivered?.cutBy;
  if (cutBy !== undefined) terminal.failure(cutBy);
  for (const problem of saved.problems) terminal.error(problem);
  if (ending.flags["dry-run"]) return;
  for (const step of nextSteps(ending, leftover)) terminal.note(step);
}

function nextSteps(ending: Ending, leftover: Leftover): string[] {
  const { cause, flags } = ending;
  const { hasCheckpoint, waitError, waitHint } = leftover;
  if (waitError !== undefined && hasCheckpoint) {
    return [`To wait on: the same command again (${flags.checkpoint}).`];
  }
  if (waitError !== undefined) return waitHint === undefined ? [] : [waitHint];
  return cause === undefined ? [] : stepsToGoOn(ending, leftover);
}

function stepsToGoOn(ending: Ending, { saved: { undelivered }, hasCheckpoint }: Leftover): string[] {
  const { cause, flags, command, report } = ending;
  const steps: string[] = [];
  const isReplaced = report.checkpoint.replaced === true;
  if (isReplaced)
    steps.push("The audience was replaced and holds only a part of the input until the rest is added.");
  if (cause instanceof ApiError && [400, 422].includes(cause.status) && !flags.isolate)
    steps.push("--isolate finds the records that the API refuses, and delivers the others.");
  const hasUndelivered = undelivered !== undefined && undelivered.count > 0;
  if (hasUndelivered) {
    // What replaces the audience now would remove what this run has put there.
    const next = isReplaced ? "update" : command;
    const actions = pluralize(undelivered.count, "undelivered action");
    const end = undelivered.isCut ? ", as far as the input was read" : "";
    steps.push(`To go on with ${actions}${end}: pass ${flags.undelivered} to ${next}.`);
  }
  if (hasCheckpoint) steps.push(...stepsFromCheckpoint(ending));
  if (!hasUndelivered && !hasCheckpoint && !isInputWrong(cause)) {
    steps.push(
      `${goOn(cause)}: the same command again. ${harmlessText(command)}; --checkpoint FILE would save it.`,
    );
  }
  return steps;
}

/** What fails again as it is: the library repeats what may pass. */
function needsCorrection(cause: unknown): boolean {
  if (cause instanceof ApiError) return cause.status < 500 && cause.status !== 408 && cause.status !== 429;
  return cause instanceof ConnectionError && cause.attempts === 1;
}

function goOn(cause: unknown): string {
  return needsCorrection(cause) ? "Once that is corrected" : "To go on";
}

function isInputWrong(cause: unknown): boolean {
  const kinds = [UsageError, ConfigurationError, InputError, InvalidActionError];
  return kinds.some((kind) => cause instanceof kind);
}

function harmlessText(command: Ending["command"]): string {
  return command === "replace"
    ? "It replaces the audience from the start"
    : "Sending an action twice does no harm";
}

function stepsFromCheckpoint({ report, cause, flags }: Ending): string[] {
  // It does not fit the input, and the error says what to do.
  if (cause instanceof UsageError) return [];
  const { records } = report.checkpoint;
  const after = records === 0 ? "" : ` after ${pluralize(records, "record")}`;
  const correct = `correct the input, delete ${flags.checkpoint}, which does not fit a changed input, and run the same command again`;
  const harmless = "Sending an action twice does no harm.";
  if (cause instanceof InputError) return [`To go on: ${correct}. ${harmless}`];
  if (cause instanceof InvalidActionError) {
    return [`To go on${after}: the same command with --skip-invalid. Or ${correct}. ${harmless}`];
  }
  const again = `the same command again (${flags.checkpoint})`;
  if (needsCorrection(cause))
    return [`Once that is corrected: ${again}${after && `, which goes on${after}`}.`];
  return [`To go on${after}: ${again}.`];
}
