import type { ActionIssue } from "../actions/action.ts";
import { AudienceError, ConfigurationError } from "../errors.ts";
import { InvalidActions } from "../window/record-listener.ts";
import type { UpdateReport } from "./report.ts";
import type { SpilledActions, UndeliveredActions } from "./undelivered.ts";

/** What an update hands back if it ends early. */
export interface Unfinished {
  /** What became of every action. The counts add up as in the report of a complete run. */
  report: UpdateReport;
  /**
   * The actions that were read and not accepted, in order, and those of `resumeFrom.refused`. An iterable with a `length`: they
   * are read back as you iterate. Pass it to `update`, then the rest of the source. Attributes are as they were sent: a `Date`
   * under `joined` has become a string under `date(joined)`. `SpilledActions` only with `spill`: a part of them is on disk.
   */
  undelivered: UndeliveredActions | SpilledActions;
}

/** The update began and ended early. `cause` says why. */
export class UpdateError extends AudienceError implements Unfinished {
  override readonly name = "UpdateError";
  readonly code = "UPDATE";
  readonly report: UpdateReport;
  readonly undelivered: UndeliveredActions | SpilledActions;

  constructor(message: string, { report, undelivered }: Unfinished, options?: ErrorOptions) {
    super(message, options);
    this.report = report;
    this.undelivered = undelivered;
  }
}

/** Actions that cannot be sent, up to 100 issues at once. This update has sent nothing. */
export class InvalidActionError extends AudienceError implements Unfinished {
  override readonly name = "InvalidActionError";
  readonly code = "INVALID_ACTION";
  readonly issues: ActionIssue[];
  readonly report: UpdateReport;
  /** The valid actions among those read from the source. */
  readonly undelivered: UndeliveredActions | SpilledActions;

  constructor(message: string, issues: ActionIssue[], { report, undelivered }: Unfinished) {
    super(message);
    this.issues = issues;
    this.report = report;
    this.undelivered = undelivered;
  }
}

/** What the advice of an error depends on. */
export interface Circumstances {
  /** Calls for the audience that run next. */
  callsBehind: number;
  /** The run is a replacement, and the API is not known to have accepted it. */
  mustReplace: boolean;
}

/** The error with which an update ends, from what ended it. */
export function toUpdateError(
  cause: unknown,
  unfinished: Unfinished,
  circumstances: Circumstances,
): AudienceError {
  const { report } = unfinished;
  if (cause instanceof ConfigurationError && report.received === 0) return cause;
  if (!(cause instanceof InvalidActions)) return updateError(cause, unfinished, circumstances);
  const { issues } = cause;
  const message = describeIssues(issues, "Nothing of its window was sent.") + describeDirectory(unfinished);
  const invalid = new InvalidActionError(message, issues, unfinished);
  return report.requests === 0 ? invalid : updateError(invalid, unfinished, circumstances);
}

function updateError(
  cause: unknown,
  unfinished: Unfinished,
  { callsBehind, mustReplace }: Circumstances,
): UpdateError {
  const { audience } = unfinished.report;
  const call = mustReplace ? "replacement" : "update";
  const reason = describeCause(cause).replace(/\.$/, "");
  const outcome = describeOutcome(unfinished, mustReplace) + describeDirectory(unfinished);
  const advice = mustReplace
    ? "To replace it after them undoes them."
    : "Iterate `undelivered` once they have ended: it leaves out the ids that they deliver.";
  const later =
    callsBehind === 0 || (unfinished.undelivered.length === 0 && !mustReplace)
      ? ""
      : ` Calls for this audience that follow now: ${callsBehind}. ${advice}`;
  const message = `The ${call} of the audience ${audience} ended early: ${reason}. ${outcome}${later}`;
  return new UpdateError(message, unfinished, { cause });
}

function describeOutcome({ report, undelivered }: Unfinished, mustReplace: boolean): string {
  // The rest alone would be added to what the audience holds.
  if (mustReplace) return "It is not known to be replaced. Pass the whole list to `replace` again.";
  const { length } = undelivered;
  return length === 0
    ? "Every valid action that was read is accepted."
    : `Not delivered: ${length} of ${report.received} that were read. Pass \`undelivered\` to \`update\` again.`;
}

function describeDirectory({ report, undelivered }: Unfinished): string {
  if (!("directory" in undelivered)) return "";
  const held = ` They are in ${undelivered.directory} until the next run that spills there.`;
  return report.checkpoint.spilled === undefined
    ? held
    : `${held} To resume without the source, pass \`report.checkpoint\` as \`resumeFrom\`, and the same \`spill\`.`;
}

/** What is thrown may be anything, an object that no string can be made of too. */
export function describeCause(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    return "what was thrown cannot be shown";
  }
}

export function describeIssues(issues: ActionIssue[], consequence: string): string {
  const [first] = issues as [ActionIssue];
  const id = first.id === undefined ? "" : `id ${JSON.stringify(first.id.slice(0, 60))}`;
  const details = [id, first.path].filter((detail) => detail !== "").join(", ");
  const more = issues.length === 1 ? "" : `, and ${issues.length - 1} more in \`issues\``;
  const where = `index ${first.index}${details && ` (${details})`}`;
  return `Invalid action at ${where}: ${first.reason}${more}. ${consequence}`;
}
