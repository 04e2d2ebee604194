import { InvalidActionError, type UpdateReport } from "../../index.ts";
import type { Flags } from "../arguments.ts";
import { InputError, Interruption, UsageError } from "../cli-errors.ts";
import { formatNumber, pluralize } from "./format.ts";
import type { Rejections } from "./rejections.ts";
import { warningText } from "./result-text.ts";
import type { Terminal } from "./terminal.ts";

/** What a run leaves on the disk. */
export interface SavedOutputs {
  /** Actions in the file of what was not delivered. */
  undelivered: number | undefined;
  /** Whether that file ends before the input does. */
  isCut: boolean;
  hasCheckpoint: boolean;
  /** What could not be written. */
  problems: string[];
}

/** How an update ended. */
export interface Ending {
  report: UpdateReport;
  /** What ended it early. */
  cause: unknown;
  saved: SavedOutputs;
  rejections: Rejections;
  flags: Flags;
  /** What ended the waiting for accepted requests. */
  waitError: unknown;
}

/** Prints for people what went wrong, and what to do next. */
export function printSummary(ending: Ending, terminal: Terminal): void {
  printRecords(ending, terminal);
  printErrors(ending, terminal);
  if (ending.cause === undefined || ending.flags["dry-run"]) return;
  for (const step of nextSteps(ending)) terminal.note(step);
}

/** What was rejected, and what looks like a mistake. */
function printRecords({ report, cause, rejections, flags }: Ending, terminal: Terminal): void {
  const isInvalid = cause instanceof InvalidActionError;
  for (const { place, reason, count } of rejections.kinds) {
    const text = `${place}: ${reason}${count === 1 ? "" : ` (and ${formatNumber(count - 1)} more like it)`}`;
    if (isInvalid) terminal.error(text);
    else terminal.warn(text);
  }
  if (rejections.others > 0) terminal.note(`… and ${formatNumber(rejections.others)} more of other kinds`);
  for (const warning of report.warnings) terminal.warn(warningText(warning));
  if (report.rejected === 0 || isInvalid) return;
  const where = flags.rejected === undefined ? "; --rejected FILE lists them" : `, see ${flags.rejected}`;
  terminal.error(`${pluralize(report.rejected, "record")} rejected${where}`);
}

function printErrors({ report, cause, saved, waitError }: Ending, terminal: Terminal): void {
  if (cause instanceof Interruption) {
    terminal.note(`Stopped, ${pluralize(report.accepted, "action")} accepted.`);
  } else if (cause !== undefined && !(cause instanceof InvalidActionError)) terminal.failure(cause);
  if (waitError instanceof Interruption) terminal.note("Stopped waiting, all was accepted.");
  else if (waitError !== undefined) terminal.failure(waitError);
  for (const problem of saved.problems) terminal.error(problem);
}

function nextSteps({ report, cause, saved, rejections, flags }: Ending): string[] {
  const steps: string[] = [];
  if (cause instanceof InvalidActionError) {
    const sent =
      report.accepted === 0 ? "Nothing was sent" : `${pluralize(report.accepted, "action")} were sent before`;
    steps.push(`${sent}. Correct the input, or leave such records out with --skip-invalid.`);
  }
  if (saved.undelivered !== undefined && saved.undelivered > 0) {
    const actions = pluralize(saved.undelivered, "undelivered action");
    const end = saved.isCut ? ", as far as the input was read" : "";
    steps.push(`To go on with ${actions}${end}: pass ${flags.undelivered} to update.`);
  }
  if (saved.hasCheckpoint) {
    const { records } = rejections.beforeRefused(report.checkpoint);
    const after = records === 0 ? "" : ` after ${pluralize(records, "record")}`;
    steps.push(`To go on${after}: the same command again (${flags.checkpoint}).`);
  }
  if (steps.length === 0 && !(cause instanceof UsageError || cause instanceof InputError)) {
    steps.push(
      "To go on: the same command again. Sending an action twice does no harm; --checkpoint FILE would save it.",
    );
  }
  return steps;
}
