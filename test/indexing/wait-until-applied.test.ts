import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { ApiError, ConfigurationError, NotAppliedError } from "../../src/errors.ts";
import type { Poll } from "../../src/indexing/wait-until-applied.ts";
import {
  type Answer,
  accept,
  adds,
  applied,
  expectPace,
  inProgress,
  json,
  REST_KEY,
  refusal,
  rejection,
  silence,
  stub,
} from "../support/scripted-api.ts";
import { idle } from "../support/virtual-time.ts";

const state = (indexing_state: unknown) => json(200, { indexing_state });
/** These answers for the views one after the other, the last one for all that follow. */
const views =
  (...answers: Answer[]): Answer =>
  (call) =>
    answers[Math.min(call.before, answers.length - 1)]!(call);
const differences = (times: number[]) => times.slice(1).map((time, i) => time - times[i]!);

test("no token costs no request", async () => {
  const api = stub();
  expect(await api.client.waitUntilApplied("vips", [])).toEqual({});
  expect(api.calls).toHaveLength(0);
});

test("each token is asked for once where all are applied, at the client's rate", async () => {
  const api = stub();
  expect(await api.client.waitUntilApplied("vips", ["a", "b", "a", "c"])).toEqual({
    a: "APPLIED",
    b: "APPLIED",
    c: "APPLIED",
  });
  expect(api.views.map(({ token, audience }) => [token, audience])).toEqual([
    ["a", "vips"],
    ["b", "vips"],
    ["c", "vips"],
  ]);
  const starts = api.views.map(({ at }) => at);
  expectPace(starts, 1000);
  // The timer of the limit is gone: nothing is left to wait for.
  await idle();
  await idle();
  expect([api.time.now(), api.time.asleep]).toEqual([starts[2], 0]);
});

test("REPLACED is an end, too", async () => {
  const api = stub((call) => state(call.token === "a" ? "REPLACED" : "APPLIED"));
  expect(await api.client.waitUntilApplied("vips", ["a", "b"])).toEqual({ a: "REPLACED", b: "APPLIED" });
});

test("a token named like a prototype is a token", async () => {
  const states = await stub().client.waitUntilApplied("vips", ["__proto__"]);
  expect(Object.entries(states)).toEqual([["__proto__", "APPLIED"]]);
});

test.each<[what: string, answer: Answer]>([
  ["IN_PROGRESS", inProgress],
  ["IN_PROCESS, as one page spells it", () => state("IN_PROCESS")],
  ["a state nobody knows", () => state("QUEUED")],
  ["no state", () => json(200, {})],
  ["a state that is no string", () => state(5)],
  ["an empty body", () => new Response(null, { status: 200 })],
  ["HTML", () => new Response("<html>", { status: 200 })],
  ["a lost connection", () => Promise.reject(new Error("reset"))],
  ["a timeout", silence],
  ["a 408", () => refusal(408)],
  ["a 500", () => refusal(500)],
  ["a 503", () => refusal(503)],
  ["a 503 with Retry-After", () => refusal(503, "", { "Retry-After": "9" })],
  ["a 429", () => refusal(429)],
])("%s only costs another look", async (_what, answer) => {
  const api = stub(views(answer, answer, answer, applied), { retry: { retries: 0 } });
  expect(await api.client.waitUntilApplied("vips", ["a"])).toEqual({ a: "APPLIED" });
  expect(api.views).toHaveLength(4);
});

test("the pause grows while nothing moves, from one request interval to thirty", async () => {
  const api = stub((call) => (call.at < 300_000 ? inProgress() : applied()));
  await api.client.waitUntilApplied("vips", ["a"]);
  const pauses = differences(api.views.map(({ at }) => at));
  expect(pauses[0]).toBeLessThan(1250);
  expect(pauses.slice(1, 4)).toEqual([1500, 2250, 3375]);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBe(30_000);
});

test("the pause is short again once something has moved", async () => {
  const api = stub(views(inProgress, inProgress, inProgress, inProgress, applied, inProgress, applied));
  await api.client.waitUntilApplied("vips", ["a", "b"]);
  const pauses = differences(api.views.map(({ at }) => at));
  expect(pauses.slice(1, 4)).toEqual([1500, 2250, 3375]);
  expect(Math.max(...pauses.slice(4))).toBeLessThan(1250);
});

test("polls one token at a time, the one that waits longest next", async () => {
  const applies: Record<string, number> = { a: 20_000, b: 0, c: 10_000 };
  let outstanding = 0;
  const api = stub(async (call) => {
    expect(++outstanding).toBe(1);
    await api.time.sleep(100);
    outstanding--;
    return call.at >= applies[call.token!]! ? applied() : inProgress();
  });
  await api.client.waitUntilApplied("vips", ["a", "b", "c"]);
  expect(api.views.slice(0, 5).map(({ token }) => token)).toEqual(["a", "b", "c", "a", "c"]);
});

test("a token may be unknown at first", async () => {
  const api = stub((call) => (call.at < 25_000 ? refusal(404) : applied()));
  expect(await api.client.waitUntilApplied("vips", ["a"])).toEqual({ a: "APPLIED" });
});

test("a token that stays unknown is an error", async () => {
  const api = stub(() => refusal(404, "no such token"));
  const error = await rejection(api.client.waitUntilApplied("vips", ["a"]), ApiError);
  expect(error).toMatchObject({ status: 404, errorMessage: "no such token" });
  expect(api.time.now()).toBeGreaterThanOrEqual(30_000);
  expect(api.time.now()).toBeLessThan(60_000);
});

test.each([400, 401, 403, 405, 422, 302])("a %i is an error at once", async (status) => {
  const api = stub(() => refusal(status));
  const error = await rejection(api.client.waitUntilApplied("vips", ["a"]), ApiError);
  expect(error).toMatchObject({ status, attempts: 1 });
  expect(api.views).toHaveLength(1);
});

test("nothing but 429 for maxThrottledMs is an error", async () => {
  const api = stub(() => refusal(429), { retry: { maxThrottledMs: 20_000 } });
  const error = await rejection(api.client.waitUntilApplied("vips", ["a"]), ApiError);
  expect(error.status).toBe(429);
});

test("when the time is up the error names what is open, which can be waited for again", async () => {
  const api = stub((call) => (call.token === "b" || call.at >= 100_000 ? applied() : inProgress()));
  const error = await rejection(
    api.client.waitUntilApplied("vips", ["a", "b", "c"], { timeoutMs: 60_000 }),
    NotAppliedError,
  );
  expect(error).toMatchObject({ name: "NotAppliedError", code: "NOT_APPLIED", tokens: ["a", "c"] });
  expect(error.message).toBe(
    "Indexing tokens of the audience vips that may not be applied yet: 2 (2 IN_PROGRESS). Nothing has changed for 60000 ms. What was accepted is not lost: wait again.",
  );
  // Since the last one was applied.
  expect([api.time.now(), api.time.asleep]).toEqual([62_240, 0]);
  expect(await api.client.waitUntilApplied("vips", error.tokens)).toEqual({ a: "APPLIED", c: "APPLIED" });
});

test("the time is up while a look is on its way, which is ended", async () => {
  const api = stub(silence);
  await rejection(api.client.waitUntilApplied("vips", ["a"], { timeoutMs: 5000 }), NotAppliedError);
  expect(api.time.now()).toBe(5000);
  expect(api.views[0]!.request.signal.aborted).toBe(true);
});

test("the time is up while the gate is closed", async () => {
  const api = stub(() => refusal(429));
  const error = await rejection(
    api.client.waitUntilApplied("vips", ["a"], { timeoutMs: 3000 }),
    NotAppliedError,
  );
  expect(error.tokens).toEqual(["a"]);
  expect(api.time.now()).toBe(3000);
});

test("there is a time limit by default, and none with Infinity", async () => {
  await rejection(stub(inProgress).client.waitUntilApplied("vips", ["a"]), NotAppliedError);
  const api = stub((call) => (call.at < 5_000_000 ? inProgress() : applied()));
  await api.client.waitUntilApplied("vips", ["a"], { timeoutMs: Number.POSITIVE_INFINITY });
  expect(api.time.now()).toBeGreaterThanOrEqual(5_000_000);
});

test.each<[where: string, answer: Answer, ms: number]>([
  ["between two looks", inProgress, 500],
  ["while a look is on its way", silence, 500],
  ["the time is up during a cooldown", () => refusal(429), 500],
])("an abort %s ends it promptly, and leaves no listener", async (_where, answer, ms) => {
  const api = stub(answer);
  const { signal, abort } = ((controller) => ({
    signal: controller.signal,
    abort: (reason: Error) => controller.abort(reason),
  }))(new AbortController());
  const waiting = rejection(api.client.waitUntilApplied("vips", ["a"], { signal }), Error);
  await api.time.sleep(ms);
  const reason = new Error("enough");
  abort(reason);
  expect(await waiting).toBe(reason);
  await idle();
  expect([api.time.now(), api.time.asleep, getEventListeners(signal, "abort").length]).toEqual([ms, 0, 0]);
});

test("a signal that is aborted already sends nothing", async () => {
  const api = stub();
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await expect(api.client.waitUntilApplied("vips", ["a"], { signal })).rejects.toBe(reason);
  expect(api.calls).toHaveLength(0);
});

test("onPoll is called for each answer, and an error in it ends the wait", async () => {
  const polls: Poll[] = [];
  const api = stub(views(inProgress, () => refusal(500), applied, applied));
  await api.client.waitUntilApplied("vips", ["a", "b"], { onPoll: (poll) => polls.push(poll) });
  expect(polls).toStrictEqual([
    { indexingToken: "a", state: "IN_PROGRESS", open: 2 },
    { indexingToken: "b", open: 2 },
    { indexingToken: "a", state: "APPLIED", open: 1 },
    { indexingToken: "b", state: "APPLIED", open: 0 },
  ]);
  const throwing = api.client.waitUntilApplied("vips", ["a"], {
    onPoll: () => {
      throw new Error("disk full");
    },
  });
  await expect(throwing).rejects.toThrow("disk full");
});

test("2,000 tokens that are applied are waited for beyond the limit, which counts from the last one", async () => {
  const api = stub();
  const tokens = Array.from({ length: 2000 }, (_, i) => `${i}`);
  const states = await api.client.waitUntilApplied("vips", tokens);
  expect(Object.keys(states)).toHaveLength(2000);
  expect(api.time.now()).toBeGreaterThan(1_900_000);
});

test("waiting for the rate does not count: others may use all of it for longer than the limit", async () => {
  const api = stub(accept, { maxInFlight: 50 });
  const updating = api.client.update("news", adds(60), { maxIdsPerRequest: 1 });
  await api.time.sleep(100);
  const states = await api.client.waitUntilApplied("vips", ["a", "b"], { timeoutMs: 3000 });
  expect(states).toEqual({ a: "APPLIED", b: "APPLIED" });
  expect(api.views[0]!.at).toBeGreaterThan(10_000);
  await updating;
});

test("the error says what the API said last, and what kept it from answering, without the key", async () => {
  const api = stub((call) =>
    call.token === "a" ? state(`FAILED for ${REST_KEY}`) : refusal(503, `down, says ${REST_KEY}`),
  );
  const error = await rejection(
    api.client.waitUntilApplied("vips", ["a", "b"], { timeoutMs: 60_000 }),
    NotAppliedError,
  );
  expect(error.states).toEqual({ a: "FAILED for [restKey]" });
  expect(error.message).toContain("(1 FAILED for [restKey])");
  expect(error.message).toContain('503 CODE "down, says [restKey]"');
  expect(error.cause).toMatchObject({ code: "API", status: 503 });
});

test("an async onPoll is awaited before the next look, and ends the wait if it rejects", async () => {
  const api = stub();
  let active = 0;
  await api.client.waitUntilApplied("vips", ["a", "b"], {
    onPoll: async () => {
      expect(++active).toBe(1);
      await api.time.sleep(5000);
      active--;
    },
  });
  const failing = api.client.waitUntilApplied("vips", ["a"], {
    onPoll: () => Promise.reject(new Error("disk full")),
  });
  await expect(failing).rejects.toThrow("disk full");
});

test("looks share the rate with updates", async () => {
  const api = stub();
  await Promise.all([
    api.client.update("vips", adds(3), { maxIdsPerRequest: 1 }),
    api.client.waitUntilApplied("news", ["a", "b", "c"]),
  ]);
  expect(api.calls).toHaveLength(6);
  expectPace(
    api.calls.map(({ at }) => at),
    1000,
  );
});

test.each<[what: string, tokens: unknown, says: string]>([
  ["a string", "token", "a list of tokens, got"],
  ["nothing", undefined, "a list of tokens, got"],
  ["null", null, "a list of tokens, got null"],
  ["a number", 5, "a list of tokens, got"],
  ["an empty token", [""], 'a list of non-empty strings, got ""'],
  ["a missing token", ["a", undefined], "a list of non-empty strings, got undefined"],
])("%s is no list of tokens", async (_what, tokens, says) => {
  const api = stub();
  const error = await rejection(api.client.waitUntilApplied("vips", tokens as string[]), ConfigurationError);
  expect(error.option).toBe("indexingTokens");
  expect(error.message).toContain(says);
  expect(api.calls).toHaveLength(0);
});

test.each<[option: string, value: unknown, expected: string]>([
  ["timeoutMs", -1, "milliseconds from 0, or Infinity"],
  ["timeoutMs", Number.NaN, "milliseconds from 0, or Infinity"],
  ["timeoutMs", null, "milliseconds from 0, or Infinity"],
  ["timeoutMs", "1000", "milliseconds from 0, or Infinity"],
  ["signal", {}, "an AbortSignal"],
  ["onPoll", "log", "a function"],
])("%s: %j is refused", async (option, value, expected) => {
  const error = await rejection(
    stub().client.waitUntilApplied("vips", ["a"], { [option]: value }),
    ConfigurationError,
  );
  expect(error.option).toBe(option);
  expect(error.message).toContain(expected);
});

test.each<[option: string, options: unknown]>([
  ["timeout", { timeout: 5000 }],
  ["options", 5000],
])("an unknown option, or none, is refused: %s", async (option, options) => {
  const waiting = stub().client.waitUntilApplied("vips", ["a"], options as object);
  expect((await rejection(waiting, ConfigurationError)).option).toBe(option);
});

test("an answer that says nothing of a token is an error at once", async () => {
  const api = stub(() => json(202, {}));
  expect(await rejection(api.client.waitUntilApplied("vips", ["a"]), ApiError)).toMatchObject({
    status: 202,
  });
  expect(api.views).toHaveLength(1);
});

test("the error counts each state that the API said last", async () => {
  const api = stub(({ token }) => state(token === "b" ? "QUEUED" : "IN_PROGRESS"));
  const waiting = api.client.waitUntilApplied("vips", ["a", "b", "c"], { timeoutMs: 30_000 });
  const error = await rejection(waiting, NotAppliedError);
  expect(error.message).toContain("(1 QUEUED, 2 IN_PROGRESS)");
  expect("cause" in error).toBe(false);
});

test("the error says nothing of tokens that are applied, nor of a fault that has passed", async () => {
  const answers = [() => state("IN_PROGRESS"), () => refusal(500), () => state("APPLIED")];
  const api = stub(views(...answers, () => state("FAILED")));
  const error = await rejection(
    api.client.waitUntilApplied("vips", ["a", "b"], { timeoutMs: 30_000 }),
    NotAppliedError,
  );
  expect([error.tokens, error.states, error.cause]).toEqual([["b"], { b: "FAILED" }, undefined]);
});
