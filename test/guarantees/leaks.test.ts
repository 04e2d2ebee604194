import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAudienceClient } from "../../src/client.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { turns } from "../support/event-loop.ts";
import {
  type Answer,
  accept,
  adds,
  applied,
  cutOff,
  inProgress,
  REST_KEY,
  refusal,
  rejection,
  silence,
  stub,
} from "../support/scripted-api.ts";
import { idle, virtualTime } from "../support/virtual-time.ts";

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

/** What is left once everything that nobody holds is gone, finalizers included. */
async function heapInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let turn = 0; turn < 5; turn++) {
    collect();
    await turns(1);
  }
  return process.memoryUsage().heapUsed;
}

/** Every twentieth answer is one of these faults; the rest are as they should be. */
function createFaultyFetch(onRequest: () => void) {
  let requests = 0;
  const faults = [
    () => new Response("busy", { status: 500 }),
    () => new Response("<html>", { status: 202 }),
    cutOff,
    () => Promise.reject(new TypeError("fetch failed")),
  ];
  return async ({ method }: Request): Promise<Response> => {
    onRequest();
    const fault = faults[(++requests % 80) / 20];
    if (fault !== undefined) return fault();
    if (method === "GET") return new Response('{"indexing_state":"APPLIED"}');
    return new Response(`{"indexing_token":"${requests}"}`, { status: 202 });
  };
}

test("one call after the other for an audience holds on to no report", async () => {
  const client = createAudienceClient({
    restKey: REST_KEY,
    projectKey: "project",
    ...quick,
    fetch: async () => new Response('{"indexing_token":"t"}', { status: 202 }),
    runtime: virtualTime(),
  });
  const reports: WeakRef<object>[] = [];
  for (const action of adds(20)) {
    reports.push(new WeakRef(await client.update("vips", [action], { betweenWindows: "accepted" })));
  }
  await heapInUse();
  expect(reports.filter((report) => report.deref() !== undefined).length).toBeLessThan(3);
});

test("over 10,000 requests with one signal, some of which fail, the heap stays flat and no listeners gather (G27)", {
  timeout: 240_000,
}, async () => {
  const { signal } = new AbortController();
  let most = 0;
  const time = virtualTime();
  const fetch = createFaultyFetch(() => {
    most = Math.max(most, listeners(signal));
  });
  const client = createAudienceClient({
    restKey: REST_KEY,
    projectKey: "project",
    ...quick,
    fetch,
    runtime: time,
  });
  const heap: number[] = [];
  async function* source() {
    for (const [n, action] of adds(10_001).entries()) {
      if (n % 3000 === 1000) heap.push(await heapInUse());
      yield action;
    }
  }
  const options = { signal, window: 10, maxIdsPerRequest: 1 };
  // What is compiled and cached on the first requests is no leak.
  await client.update("vips", adds(4000), options);
  const report = await client.update("vips", source(), options);
  expect(report.requests).toBeGreaterThan(10_000);
  expect(report.retries).toBeGreaterThan(300);
  await client.waitUntilApplied("vips", report.indexingTokens.slice(0, 100), { signal });
  for (let i = 0; i < 100; i++) await client.view("vips", { signal });
  await idle();
  expect(most).toBeLessThanOrEqual(4);
  expect(listeners(signal)).toBe(0);
  expect(time.asleep).toBe(0);
  const growth = heap.slice(1).map((bytes, n) => bytes - heap[n]!);
  expect(growth).toHaveLength(3);
  // A report holds the receipt of each request: some 130 bytes. What is compiled meanwhile grows once, a leak each time.
  const [, median] = growth.toSorted((one, other) => one - other);
  expect(median).toBeLessThan(3000 * 300);
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

test("many calls that share a signal raise no warning of a leak, and each of them is aborted", async () => {
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
