import type { ActionIssue } from "../actions/action.ts";
import { ConfigurationError, InvalidActionError, type Unfinished, UpdateError } from "../errors.ts";
import { Issues } from "../window/window-reader.ts";

/** The error with which an update ends, from what ended it. */
export function endingOf(cause: unknown, unfinished: Unfinished): Error {
  const { report } = unfinished;
  if (cause instanceof ConfigurationError && report.received === 0) return cause;
  if (!(cause instanceof Issues)) return updateError(cause, unfinished);
  const invalid = new InvalidActionError(listed(cause.list), cause.list, unfinished);
  return report.requests === 0 ? invalid : updateError(invalid, unfinished);
}

function updateError(cause: unknown, unfinished: Unfinished): UpdateError {
  const { audience, received } = unfinished.report;
  const left = unfinished.undelivered.length;
  const outcome =
    left === 0
      ? "every valid action that was read had been accepted"
      : `${left} of the ${received} actions that were read are not delivered; pass \`undelivered\` to update again`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UpdateError(
    `The update of the audience ${audience} ended early: ${reason} (${outcome})`,
    unfinished,
    { cause },
  );
}

function listed(issues: ActionIssue[]): string {
  const [first] = issues as [ActionIssue];
  const id = first.id === undefined ? "" : `, id ${JSON.stringify(first.id.slice(0, 60))}`;
  const where = `index ${first.index}${id}${first.path && `, ${first.path}`}`;
  const more = issues.length === 1 ? "" : `, and ${issues.length - 1} more in \`issues\``;
  return `Invalid action, none of its window was sent: ${where}: ${first.reason}${more}`;
}
