import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createClient } from "../../src/client.ts";
import { virtualTime } from "../support/virtual-time.ts";
import { FAST } from "./fast-time.ts";

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

function* adds(count: number): Generator<AudienceAction> {
  for (let n = 0; n < count; n++) yield { action: "add", id: `${n}` };
}

/** What is left once everything that nobody holds is gone, finalizers included. */
async function heapInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let turn = 0; turn < 5; turn++) {
    collect();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}

/** Every twentieth answer is one of these faults; the rest are as they should be. */
function createFlawedFetch() {
  let requests = 0;
  const faults = [
    () => new Response("busy", { status: 500 }),
    () => new Response("<html>", { status: 202 }),
    () =>
      new Response(new ReadableStream({ pull: (body) => body.error(new Error("terminated")) }), {
        status: 202,
      }),
    () => Promise.reject(new TypeError("fetch failed")),
  ];
  return async ({ method }: Request): Promise<Response> => {
    const fault = faults[(++requests % 80) / 20];
    if (fault !== undefined) return fault();
    if (method === "GET") return new Response('{"indexing_state":"APPLIED"}');
    return new Response(`{"indexing_token":"${requests}"}`, { status: 202 });
  };
}

it("one call after the other for an audience holds on to no report", async () => {
  const client = createClient(
    { ...FAST, fetch: async () => new Response('{"indexing_token":"t"}', { status: 202 }) },
    virtualTime(),
  );
  const reports: WeakRef<object>[] = [];
  for (const action of adds(20)) {
    reports.push(new WeakRef(await client.update("vips", [action], { betweenWindows: "accepted" })));
  }
  await heapInUse();
  expect(reports.filter((report) => report.deref() !== undefined).length).toBeLessThan(3);
});

it("over 10,000 requests with one signal, some of which fail, the heap stays flat and no listeners gather", {
  timeout: 240_000,
}, async () => {
  const client = createClient({ ...FAST, fetch: createFlawedFetch() }, virtualTime());
  const { signal } = new AbortController();
  const heap: number[] = [];
  let mostListeners = 0;
  const onReceipt = () => {
    mostListeners = Math.max(mostListeners, listenersOf(signal));
  };
  async function* source() {
    for (const [n, action] of [...adds(10_001)].entries()) {
      if (n === 1000 || n === 10_000) heap.push(await heapInUse());
      yield action;
    }
  }
  const report = await client.update("vips", source(), {
    signal,
    window: 10,
    maxIdsPerRequest: 1,
    onReceipt,
  });
  expect(report.requests).toBeGreaterThan(10_000);
  expect(report.retries).toBeGreaterThan(300);
  expect(mostListeners).toBe(1);
  expect(listenersOf(signal)).toBe(0);
  const [first, last] = heap as [number, number];
  // A report keeps the receipt of each request: some 130 bytes.
  expect(last - first).toBeLessThan(9000 * 300);
});
