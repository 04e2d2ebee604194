import { expect, test } from "vitest";
import type { ActionIssue, AudienceAction } from "../../src/actions/action.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import { add, adds, expectBalance, rejection, stub } from "../support/scripted-api.ts";

const bad = { action: "add", id: "" } as const;

test("an invalid action ends the update before anything is sent, and the error says where", async () => {
  const api = stub();
  const actions = [add("a"), { action: "add", id: "b", attributes: { age: Number.NaN } }, add("c")];
  const error = await rejection(api.client.update("vips", actions as AudienceAction[]), InvalidActionError);
  expect(api.calls).toHaveLength(0);
  expect(error).toMatchObject({ name: "InvalidActionError", code: "INVALID_ACTION" });
  expect(error.message).toBe(
    'Invalid action at index 1 (id "b", attributes.age): expected a finite number, got NaN. Nothing of its window was sent.',
  );
  expect(error.issues).toEqual([
    { index: 1, id: "b", path: "attributes.age", reason: "expected a finite number, got NaN" },
  ]);
  expect([...error.undelivered]).toEqual([add("a"), add("c")]);
  expect(error.report).toMatchObject({ received: 3, rejected: 1, unsent: 2, rejections: error.issues });
  expectBalance(error.report);
});

test("up to 100 issues are gathered into one error, and no more is read than that takes", async () => {
  const api = stub();
  const actions = Array.from({ length: 150 }, () => bad);
  const error = await rejection(api.client.update("vips", [add("a"), ...actions]), InvalidActionError);
  expect(error.issues.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(error.message).toMatch(/^Invalid action at index 1 \(id "", id\): .*, and 99 more in `issues`\./);
  expect(error.report).toMatchObject({ received: 101, rejected: 100, unsent: 1 });
});

test("the issues of the second window leave the first one delivered", async () => {
  const api = stub();
  const actions = [...adds(3), bad, add("x")];
  const error = await rejection(api.client.update("vips", actions, { window: 2 }), UpdateError);
  expect(error.cause).toBeInstanceOf(InvalidActionError);
  expect(api.updates.map((call) => call.actions)).toEqual([adds(2)]);
  expect(error.report).toMatchObject({ received: 5, rejected: 1, accepted: 2, unsent: 2 });
  expect([...error.undelivered]).toEqual([add("2"), add("x")]);
  expectBalance(error.report);
});

test("issues are gathered no further than the window they are in", async () => {
  const api = stub();
  const error = await rejection(
    api.client.update("vips", [bad, ...adds(10), bad], { window: 2 }),
    InvalidActionError,
  );
  expect(error.issues).toHaveLength(1);
  expect(error.report.received).toBe(4);
  expect([...error.undelivered]).toEqual(adds(3));
});

test("what is skipped is reported and counted, and the rest is sent", async () => {
  const api = stub();
  const told: ActionIssue[] = [];
  const records: unknown[] = [];
  const worse = { action: "x" } as never;
  const report = await api.client.update("vips", [add("a"), bad, worse, add("b")], {
    invalid: "skip",
    onRejected(issue, record) {
      told.push(issue);
      records.push(record);
    },
  });
  expect(records.map((record) => [bad, worse].indexOf(record as never))).toEqual([0, 1, 1]);
  expect(api.updates.map((call) => call.actions)).toEqual([[add("a"), add("b")]]);
  expect(report).toMatchObject({ received: 4, rejected: 2, accepted: 2 });
  expect(told.map(({ index, path }) => [index, path])).toEqual([
    [1, "id"],
    [2, "id"],
    [2, "action"],
  ]);
  expect(report.rejections).toEqual(told);
  expectBalance(report);
});

test("a source of nothing but invalid actions, all skipped, costs no request", async () => {
  const api = stub();
  const report = await api.client.update("vips", [bad, bad], { invalid: "skip" });
  expect(report).toMatchObject({ received: 2, rejected: 2, requests: 0, checkpoint: { records: 2 } });
});

test("an action larger than a request is invalid, with the envelope counted in", async () => {
  const action = add("é".repeat(50));
  const bytes = Buffer.byteLength(JSON.stringify({ name: "vips", ids: [action] }));
  const fitting = await stub().client.update("vips", [action], { maxBytesPerRequest: bytes });
  expect(fitting).toMatchObject({ accepted: 1, bytes });
  const error = await rejection(
    stub().client.update("vips", [action], { maxBytesPerRequest: bytes - 1 }),
    InvalidActionError,
  );
  expect(error.issues[0]).toMatchObject({
    index: 0,
    path: "",
    reason: expect.stringMatching(/maxBytesPerRequest/),
  });
});

test("what looks like a mistake is sent, and counted by reason with samples", async () => {
  const ids = [...Array.from({ length: 7 }, (_, i) => `${i};`), " a", "null", "ok"];
  const api = stub();
  const report = await api.client.update("vips", ids.map(add));
  expect(api.updates[0]!.actions).toEqual(ids.map(add));
  const [semicolons, spaces, missing] = report.warnings;
  expect(semicolons).toMatchObject({ reason: "an id with a semicolon", count: 7 });
  expect(semicolons!.samples).toHaveLength(5);
  expect(semicolons!.samples[1]).toEqual({ index: 1, id: "1;", path: "id" });
  expect(spaces).toMatchObject({ count: 1, samples: [{ index: 7, id: " a", path: "id" }] });
  expect(missing).toMatchObject({ count: 1, samples: [{ index: 8, id: "null", path: "id" }] });
});
