import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import type { UpdateReport } from "../../src/update/report.ts";
import { handBack } from "../../src/update/undelivered.ts";
import { describeCause, describeIssues, toUpdateError, UpdateError } from "../../src/update/update-error.ts";
import { adds } from "../support/actions.ts";

const report = (spilled?: object) =>
  ({ audience: "vips", received: 3, checkpoint: { records: 0, spilled } }) as UpdateReport;

function messageOf(
  left: AudienceAction[],
  callsBehind: number,
  directory?: string,
  spilled?: object,
  mustReplace = false,
): string {
  const unfinished = { report: report(spilled), undelivered: handBack(left, [], directory) };
  return toUpdateError(new Error("the disk is full."), unfinished, { callsBehind, mustReplace }).message;
}

const EARLY = "The update of the audience vips ended early: the disk is full.";
const LEFT = `${EARLY} Not delivered: 2 of 3 that were read. Pass \`undelivered\` to \`update\` again.`;

test("an update that ended early says why, what is left and what to do with it", () => {
  expect(messageOf(adds(2), 0)).toBe(LEFT);
});

test("it says that later calls may deliver what is left", () => {
  expect(messageOf(adds(2), 1)).toBe(
    `${LEFT} Calls for this audience that follow now: 1. Iterate \`undelivered\` once they have ended: ` +
      "it leaves out the ids that they deliver.",
  );
});

test("with nothing left, later calls are none of its business", () => {
  expect(messageOf([], 1)).toBe(`${EARLY} Every valid action that was read is accepted.`);
});

test("it says where actions are that are on disk, and how to resume from there", () => {
  const held = `${LEFT} They are in state until the next run that spills there.`;
  expect(messageOf(adds(2), 0, "state")).toBe(held);
  expect(messageOf(adds(2), 0, "state", { id: "a" })).toBe(
    `${held} To resume without the source, pass \`report.checkpoint\` as \`resumeFrom\`, and the same \`spill\`.`,
  );
});

test("a replacement that is not known to be accepted is to be repeated with the whole list", () => {
  const early = "The replacement of the audience vips ended early: the disk is full.";
  const advice = `${early} It is not known to be replaced. Pass the whole list to \`replace\` again.`;
  expect(messageOf(adds(2), 0, undefined, undefined, true)).toBe(advice);
  expect(messageOf([], 1, undefined, undefined, true)).toBe(
    `${advice} Calls for this audience that follow now: 1. To replace it after them undoes them.`,
  );
});

test("it has a name and the cause", () => {
  const cause = new Error("why");
  const unfinished = { report: report(), undelivered: handBack([], [], undefined) };
  const error = toUpdateError(cause, unfinished, { callsBehind: 0, mustReplace: false });
  expect(error).toBeInstanceOf(UpdateError);
  expect(error).toMatchObject({ name: "UpdateError", code: "UPDATE", cause });
});

test.each([
  [new Error("why"), "why"],
  ["why", "why"],
  [undefined, "undefined"],
  [Object.create(null), "what was thrown cannot be shown"],
])("what was thrown is described, whatever it is", (cause, description) => {
  expect(describeCause(cause)).toBe(description);
});

test("an invalid action is described by all that is known of it", () => {
  const issue = { index: 4, path: "", reason: "is none" };
  const id = "x".repeat(100);
  expect(describeIssues([issue], "So.")).toBe("Invalid action at index 4: is none. So.");
  expect(describeIssues([{ ...issue, id, path: "id" }, issue], "So.")).toBe(
    `Invalid action at index 4 (id "${id.slice(0, 60)}", id): is none, and 1 more in \`issues\`. So.`,
  );
});
