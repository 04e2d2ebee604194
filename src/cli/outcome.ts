import { InvalidActionError } from "../index.ts";
import type { Flags } from "./arguments.ts";
import type { Delivered } from "./deliver.ts";
import { InputError, Interruption, UsageError } from "./errors.ts";
import type { Kept } from "./keep.ts";
import type { Rejected } from "./rejected.ts";
import { warningText } from "./result.ts";
import type { Screen } from "./screen.ts";
import { count, counted } from "./words.ts";

interface Ending {
  kept: Kept;
  rejected: Rejected;
  flags: Flags;
  /** What ended the waiting for what was accepted. */
  notWaited: unknown;
}

/** For people: what went wrong, and how to go on. */
export function sayHowItEnded(delivered: Delivered, ending: Ending, screen: Screen): void {
  const { report, cause } = delivered;
  const { kept, rejected, flags, notWaited } = ending;
  const isInvalid = cause instanceof InvalidActionError;
  for (const { place, reason, count: times } of rejected.kinds) {
    const text = `${place}: ${reason}${times === 1 ? "" : ` (and ${count(times - 1)} more like it)`}`;
    if (isInvalid) screen.error(text);
    else screen.warn(text);
  }
  if (rejected.others > 0) screen.note(`… and ${count(rejected.others)} more of other kinds`);
  for (const warning of report.warnings) screen.warn(warningText(warning));

  if (report.rejected > 0 && !isInvalid) {
    const where = flags.rejected === undefined ? "; --rejected FILE keeps them" : `, see ${flags.rejected}`;
    screen.error(`${counted(report.rejected, "record")} rejected${where}`);
  }
  if (cause !== undefined && !isInvalid) {
    if (cause instanceof Interruption)
      screen.note(`Stopped, ${counted(report.accepted, "action")} accepted.`);
    else screen.failure(cause);
  }
  if (notWaited instanceof Interruption) screen.note("Stopped waiting, all was accepted.");
  else if (notWaited !== undefined) screen.failure(notWaited);
  for (const problem of kept.problems) screen.error(problem);
  if (cause === undefined || flags["dry-run"]) return;
  for (const way of waysOn(delivered, ending)) screen.note(way);
}

function waysOn({ cause, report, checkpoint }: Delivered, { kept, flags }: Ending): string[] {
  const ways: string[] = [];
  if (cause instanceof InvalidActionError) {
    const sent =
      report.accepted === 0 ? "Nothing was sent" : `${counted(report.accepted, "action")} were sent before`;
    ways.push(`${sent}. Correct the input, or leave such records out with --skip-invalid.`);
  }
  if (kept.undelivered !== undefined && kept.undelivered > 0) {
    const end = kept.isCut ? ", as far as the input was read" : "";
    ways.push(
      `To go on with ${counted(kept.undelivered, "undelivered action")}${end}: pass ${flags.undelivered} to update.`,
    );
  }
  if (kept.hasCheckpoint) {
    const after = checkpoint.records === 0 ? "" : ` after ${counted(checkpoint.records, "record")}`;
    ways.push(`To go on${after}: the same command again (${flags.checkpoint}).`);
  }
  if (ways.length === 0 && !(cause instanceof UsageError || cause instanceof InputError)) {
    ways.push(
      "To go on: the same command again. Sending an action twice does no harm; --checkpoint FILE would save it.",
    );
  }
  return ways;
}
