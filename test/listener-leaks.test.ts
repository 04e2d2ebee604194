import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UpdateError } from "../src/update/update-error.ts";
import {
  type Answer,
  accept,
  adds,
  applied,
  inProgress,
  refusal,
  rejection,
  silence,
  stub,
} from "./support/scripted-api.ts";
import { idle } from "./support/virtual-time.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY };
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

const warnings: string[] = [];
const onWarning = (warning: Error) => warnings.push(warning.name);
beforeEach(() => {
  warnings.length = 0;
  process.on("warning", onWarning);
});
afterEach(() => {
  process.off("warning", onWarning);
});

test("a signal keeps no listeners over thousands of attempts, and never has many", async () => {
  let most = 0;
  const { signal } = new AbortController();
  const api = stub(
    (call) => {
      most = Math.max(most, listeners(signal));
      // Two of three attempts fail, one of them for good measure by a lost connection.
      if (call.route === "view" || call.before % 3 === 0) return accept(call);
      return call.before % 3 === 1 ? refusal(500) : Promise.reject(new Error("reset"));
    },
    { ...quick, retry: { retries: 1000 } },
  );
  const report = await api.client.update("vips", adds(600), { maxIdsPerRequest: 1, window: 300, signal });
  await api.client.waitUntilApplied("vips", report.indexingTokens, { signal });
  for (let i = 0; i < 100; i++) await api.client.view("vips", { signal });
  expect(api.calls.length).toBeGreaterThan(2000);
  await idle();
  expect(listeners(signal)).toBe(0);
  expect(most).toBeLessThanOrEqual(4);
  expect(api.time.asleep).toBe(0);
});

test("many requests on their way together raise no warning of a leak", async () => {
  const api = stub(
    async (call) => {
      await api.time.sleep(100);
      return accept(call);
    },
    { ...quick, maxInFlight: 32 },
  );
  await api.client.update("vips", adds(200), { maxIdsPerRequest: 1, signal: new AbortController().signal });
  await idle();
  expect(warnings).toEqual([]);
});

test("many calls that share a signal raise no warning of a leak, and each of them hears of it", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const api = stub((call) => (call.route === "view" ? inProgress() : accept(call)), {
    ...quick,
    maxInFlight: 32,
  });
  const names = Array.from({ length: 12 }, (_, i) => `vips-${i}`);
  const updates = names.map((name) => api.client.update(name, adds(2), { maxIdsPerRequest: 1, signal }));
  const waits = names.map((name) => api.client.waitUntilApplied(name, ["t"], { signal }));
  const outcomes = Promise.allSettled([...updates, ...waits]);
  await Promise.all(updates);
  controller.abort(new Error("enough"));
  const last = (await outcomes).slice(-names.length);
  expect(last.map((outcome) => outcome.status === "rejected" && outcome.reason.message)).toEqual(
    names.map(() => "enough"),
  );
  await idle();
  expect(warnings).toEqual([]);
  expect(listeners(signal)).toBe(0);
});

test("nothing is left asleep after an update, a failure and an abort", async () => {
  const controller = new AbortController();
  const answers: [Answer, AbortSignal | undefined][] = [
    [accept, undefined],
    [() => refusal(401), undefined],
    [silence, controller.signal],
  ];
  for (const [answer, signal] of answers) {
    const api = stub(answer);
    const updating = api.client.update("vips", adds(20), { maxIdsPerRequest: 1, signal }).catch(() => {});
    if (signal !== undefined) {
      await api.time.sleep(2500);
      controller.abort();
    }
    await updating;
    await idle();
    expect(api.time.asleep).toBe(0);
  }
});

/** An answer whose body gives a little and then nothing more; tells when it is cancelled. */
function stalling(status: number) {
  const seen = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { seen, answer: () => new Response(body, { status }) };
}

test.each([202, 400, 500])("the body of a %i that is given up is cancelled", async (status) => {
  const { seen, answer } = stalling(status);
  const api = stub((call) => (call.before === 0 ? answer() : accept(call)));
  const report = await api.client.update("vips", adds(1));
  expect(report).toMatchObject({ accepted: 1, retries: 1 });
  expect(seen.cancelled).toBe(true);
});

test("the body of an answer that comes after it was given up is cancelled", async () => {
  const { seen, answer } = stalling(202);
  let release = (): void => {};
  const late: Answer = () =>
    new Promise((resolve) => {
      release = () => resolve(answer());
    });
  const api = stub((call) => (call.before === 0 ? late(call) : accept(call)));
  await api.client.update("vips", adds(1));
  expect(seen.cancelled).toBe(false);
  release();
  await idle();
  expect(seen.cancelled).toBe(true);
});

test("an answer that is lost after it was given up is no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  let fail = (_: Error): void => {};
  const late: Answer = () =>
    new Promise((_, reject) => {
      fail = reject;
    });
  const api = stub((call) => (call.before === 0 ? late(call) : accept(call)));
  await api.client.update("vips", adds(1));
  fail(new Error("too late"));
  await idle();
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

test("a source that fails after the update has failed is no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  let fail = (_: Error): void => {};
  async function* source() {
    yield* adds(3);
    await new Promise((_, reject) => {
      fail = reject;
    });
  }
  const api = stub((call) => (call.route === "view" ? applied() : refusal(401)));
  await rejection(api.client.update("vips", source(), { window: 2 }), UpdateError);
  fail(new Error("too late"));
  await idle();
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});
