import { InvalidActionError, type UpdateReport } from "../../index.ts";
import { Interruption } from "../cli-errors.ts";
import type { CommandName, Flags } from "../command-options.ts";
import { formatNumber, pluralize } from "../format.ts";
import type { Rejections } from "./rejections.ts";
import { warningText } from "./result-text.ts";
import type { Terminal } from "./terminal.ts";

/** How an update ended. */
export interface Ending {
  command: CommandName;
  report: UpdateReport;
  /** What ended it early. */
  cause: unknown;
  rejections: Rejections;
  flags: Flags;
}

/** Prints for people what was rejected, what looks like a mistake, and what ended the run. */
export function printSummary({ report, cause, rejections, flags }: Ending, terminal: Terminal): void {
  const isInvalid = cause instanceof InvalidActionError;
  printRejections(rejections, (text) => (isInvalid ? terminal.error(text) : terminal.warn(text)), terminal);
  for (const warning of report.warnings) terminal.warn(warningText(warning));
  if (report.rejected > 0 && !isInvalid) {
    const where = flags.rejected === undefined ? "; --rejected FILE lists them" : `, see ${flags.rejected}`;
    terminal.error(`${pluralize(report.rejected, "record")} rejected${where}`);
  }
  if (cause instanceof Interruption) {
    terminal.note(`Stopped, ${pluralize(report.accepted, "action")} accepted.`);
  } else if (!isInvalid && cause !== undefined) {
    terminal.failure(cause);
  } else if (isInvalid && !flags["dry-run"]) {
    const sent =
      report.accepted === 0 ? "Nothing was sent" : `${pluralize(report.accepted, "action")} were sent before`;
    terminal.note(`${sent}. Correct the input, or leave such records out with --skip-invalid.`);
  }
}

/** Those that were not printed before. */
export function printRejections(
  rejections: Rejections,
  print: (text: string) => void,
  terminal: Terminal,
): void {
  const { kinds, others } = rejections.takeKinds();
  for (const { place, reason, count } of kinds) {
    print(`${place}: ${reason}${count === 1 ? "" : ` (and ${formatNumber(count - 1)} more like it)`}`);
  }
  if (others > 0) terminal.note(`… and ${formatNumber(others)} more of other kinds`);
}
