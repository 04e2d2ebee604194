// What a program can observe: the channels of node:diagnostics_channel.

import { AsyncLocalStorage } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";
import { createContext, Script } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AudienceClientOptions, createAudienceClient } from "../src/index.ts";
import { createFakeBatch, type FakeBatch, type FakeBatchOptions } from "../src/testing/index.ts";
import { add, adds, addWith, remove } from "./support/actions.ts";
import { turns } from "./support/event-loop.ts";

const REST_KEY = "r3st-k3y-0123456789abcdef";
const PROJECT_KEY = "pr0ject-k3y-0123456789";

type Message = Record<string, unknown>;

/** Everything that is published until the test has ended: the message as it is then. */
function watch(): { events: [channel: string, message: Message][]; of(name: string): Message[] } {
  const events: [string, Message][] = [];
  const listen = (channel: string) => {
    const listener = (message: unknown) => void events.push([channel, { ...(message as Message) }]);
    diagnostics.subscribe(channel, listener);
    onTestFinished(() => void diagnostics.unsubscribe(channel, listener));
  };
  for (const name of ["update", "request"]) {
    for (const moment of ["start", "end", "asyncStart", "asyncEnd", "error"]) {
      listen(`tracing:batch-audiences:${name}:${moment}`);
    }
  }
  listen("batch-audiences:throttle");
  const of = (name: string) =>
    events.flatMap(([channel, message]) => (channel.endsWith(name) ? [message] : []));
  return { events, of };
}

function setUp(fake: FakeBatchOptions = {}, options: Partial<AudienceClientOptions> = {}) {
  const batch = createFakeBatch(fake);
  const { fetch, runtime } = batch;
  const keys = { restKey: REST_KEY, projectKey: PROJECT_KEY };
  return { batch, client: createAudienceClient({ ...keys, fetch, runtime, ...options }) };
}

describe("batch-audiences:update", () => {
  it("is around a run, and has its counts in the end", async () => {
    const seen = watch();
    const { client } = setUp();
    const report = await client.update("vip", [add("a"), remove("a"), ...adds(3)], { maxIdsPerRequest: 2 });
    const message = { call: "update", audience: "vip", dryRun: false };
    expect(seen.of("update:start")).toEqual([message]);
    const { received, superseded, rejected, accepted, failed, unsent } = report;
    const { requests, retries, bytes, throttledMs, elapsedMs } = report;
    expect(seen.of("update:asyncEnd")).toMatchObject([
      {
        ...message,
        ...{ received, superseded, rejected, accepted, failed, unsent },
        ...{ requests, retries, bytes, throttledMs, elapsedMs },
        outcome: "completed",
      },
    ]);
    expect(seen.of("update:error")).toEqual([]);
  });

  it("says how a run failed, and what it was", async () => {
    const seen = watch();
    const { batch, client } = setUp();
    batch.failNext(401);
    await expect(client.replace("vip", adds(2))).rejects.toThrow();
    await expect(client.update("vip", [{ action: "add", id: "" }], { dryRun: true })).rejects.toThrow();
    expect(seen.of("update:asyncEnd")).toMatchObject([
      { call: "replace", audience: "vip", outcome: "failed", errorCode: "UPDATE", failed: 2, requests: 1 },
      { call: "update", dryRun: true, outcome: "failed", errorCode: "INVALID_ACTION", rejected: 1 },
    ]);
  });

  it("carries the context of its start into the requests of the run", async () => {
    const store = new AsyncLocalStorage<string>();
    const start = diagnostics.channel("tracing:batch-audiences:update:start");
    start.bindStore(store, (message) => (message as Message).audience as string);
    onTestFinished(() => void start.unbindStore(store));
    const { batch, client } = setUp();
    const found: unknown[] = [];
    const fetch = (request: Request) => {
      found.push(store.getStore());
      return batch.fetch(request);
    };
    const observed = createAudienceClient({ restKey: "k", projectKey: "p", fetch, runtime: batch.runtime });
    await Promise.all([observed.update("one", adds(1)), observed.update("two", adds(1))]);
    await client.update("three", adds(1));
    expect(found).toEqual(["one", "two"]);
  });
});

describe("batch-audiences:request", () => {
  it("is around each attempt, with what it was and what came of it", async () => {
    const seen = watch();
    const { batch, client } = setUp({ retryAfter: "7" });
    batch.throttleNext();
    batch.loseNextAnswer();
    batch.hangNext();
    batch.failNext(500);
    await client.update("vip", [addWith("é", { n: 1 }), add("b")]);
    const { bytes } = batch.requests.at(-1)!;
    const request = { route: "POST /audiences/update", audience: "vip", ids: 2, bytes };
    expect(seen.of("request:start")).toEqual([1, 2, 3, 4, 5].map((attempt) => ({ ...request, attempt })));
    expect(seen.of("request:asyncEnd")).toMatchObject([
      { attempt: 1, outcome: "response", status: 429, errorCode: "TOO_MANY_REQUESTS", retryAfterMs: 7000 },
      { attempt: 2, outcome: "lost", status: undefined },
      { attempt: 3, outcome: "timeout", status: undefined },
      { attempt: 4, outcome: "response", status: 500, errorCode: "SERVER_ERROR", retryAfterMs: undefined },
      { ...request, attempt: 5, outcome: "response", status: 202, errorCode: undefined },
    ]);
  });

  it("is around the requests of every call", async () => {
    const seen = watch();
    const { client } = setUp({ audiences: [] });
    const { indexingToken } = await client.create("vip", { displayName: "Clients été" });
    await client.replace("vip", adds(2));
    await client.view("vip");
    await client.waitUntilApplied("vip", [indexingToken!]);
    for await (const _ of client.list());
    await client.delete("vip");
    const started = seen.of("request:start").map(({ route, audience, ids }) => [route, audience, ids]);
    expect(started).toEqual([
      ["POST /audiences/create", "vip", 0],
      ["GET /audiences/view", "vip", 0],
      ["POST /audiences/replace", "vip", 2],
      ["GET /audiences/view", "vip", 0],
      ["GET /audiences/view", "vip", 0],
      ["GET /audiences/list", undefined, 0],
      ["GET /audiences/view", "vip", 0],
      ["POST /audiences/remove", "vip", 0],
    ]);
  });

  it("says that an attempt was aborted", async () => {
    const seen = watch();
    const abort = new AbortController();
    const { batch, client } = setUp({ onRequest: () => void abort.abort(new Error("enough")) });
    batch.hangNext();
    await expect(client.view("vip", { signal: abort.signal })).rejects.toThrow("enough");
    expect(seen.of("request:asyncEnd")).toMatchObject([{ outcome: "aborted" }]);
  });
});

it("batch-audiences:throttle says for how long all requests wait", async () => {
  const seen = watch();
  const { batch, client } = setUp({ retryAfter: "12" });
  batch.throttleNext(2);
  await client.update("vip", adds(1));
  expect(seen.of("throttle")).toEqual([{ waitMs: 12_000 }, { waitMs: 12_000 }]);
});

describe("a program that observes", () => {
  /** A run with faults of all kinds. */
  async function run(): Promise<{ batch: FakeBatch; outcome: string }> {
    const { batch, client } = setUp({
      echo: true,
      indexLag: { requests: 5 },
      faults: { serverError: 0.2, reset: 0.2, throttled: 0.1 },
      refuse: ({ id }) => id === "secret-7" && "secret-7 is malformed",
    });
    const actions = Array.from({ length: 30 }, (_, n) =>
      addWith(`secret-${n}`, { email: `secret-${n}@a.b` }),
    );
    const report = await client
      .update("vip", actions, { window: 10, maxIdsPerRequest: 4, refused: "isolate" })
      .catch((error: { report: object; undelivered: Iterable<object> }) => [
        error.report,
        [...error.undelivered],
      ]);
    return { batch, outcome: JSON.stringify([report, batch.requests]) };
  }

  it("is shown no id, no attribute, no token and no key", async () => {
    const { events } = watch();
    const { batch } = await run();
    expect(events.length).toBeGreaterThan(50);
    const published = JSON.stringify(events);
    for (const secret of ["secret-", REST_KEY, PROJECT_KEY]) expect(published).not.toContain(secret);
    const tokens = batch.requests.flatMap(({ token }) => token ?? []);
    expect(tokens.length).toBeGreaterThan(3);
    for (const token of tokens) expect(published).not.toContain(token);
  });

  it("changes nothing of a run, not even if it throws: Node reports that as an uncaught exception", async () => {
    const alone = await run();
    const thrown: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => thrown.push(error.message));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    });
    const fail = () => {
      throw new Error("a mistake in a subscriber");
    };
    const channels = [
      "tracing:batch-audiences:update:start",
      "tracing:batch-audiences:update:asyncEnd",
      "tracing:batch-audiences:request:start",
      "tracing:batch-audiences:request:asyncEnd",
      "batch-audiences:throttle",
    ];
    for (const channel of channels) diagnostics.subscribe(channel, fail);
    const observed = await run().finally(() => {
      for (const channel of channels) diagnostics.unsubscribe(channel, fail);
    });
    await turns(2);
    expect(observed.outcome).toBe(alone.outcome);
    expect(thrown.length).toBeGreaterThan(20);
    expect(new Set(thrown)).toEqual(new Set(["a mistake in a subscriber"]));
  });
});

it.each([
  ["no process", {}],
  ["a process without getBuiltinModule, as in Node 20.15", { process: { version: "v20.15.0" } }],
  ["no such module, as in some runtimes", { process: { getBuiltinModule: () => undefined } }],
  ["no tracing channels", { process: { getBuiltinModule: () => ({ channel: () => ({ publish() {} }) }) } }],
])("nothing is published, and nothing fails, where there is %s", async (_, globals) => {
  const contents = 'export * from "./src/index.ts"; export * from "./src/testing/index.ts";';
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    platform: "neutral",
    mainFields: ["module", "main"],
    format: "iife",
    globalName: "library",
    write: false,
  });
  const common = { AbortController, AbortSignal, Headers, performance, ReadableStream, Request, Response };
  const more = { FormData, setTimeout, clearTimeout, TextDecoder, TextEncoder, URL, URLSearchParams };
  const context = createContext({ ...common, ...more, ...globals });
  new Script(outputFiles[0]!.text).runInContext(context);
  const { library } = context as {
    library: { createAudienceClient: typeof createAudienceClient; createFakeBatch: typeof createFakeBatch };
  };
  const batch = library.createFakeBatch();
  const { fetch, runtime } = batch;
  const client = library.createAudienceClient({ restKey: "k", projectKey: "p", fetch, runtime });
  batch.throttleNext();
  expect(await client.update("vip", adds(2))).toMatchObject({ accepted: 2, requests: 2 });
});
