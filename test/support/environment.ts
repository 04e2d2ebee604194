// A fake and the time that it and its clients live in: in process and virtual, or on loopback and faster than ours.

import { performance } from "node:perf_hooks";
import { type AudienceClient, createAudienceClient } from "../../src/client.ts";
import type { AudienceClientOptions } from "../../src/options.ts";
import { type Runtime, systemRuntime } from "../../src/runtime.ts";
import { createFakeBatch, createRandom, type FakeBatchOptions } from "../../src/testing/index.ts";
import { turns } from "./event-loop.ts";
import { type Fake, startFakeBatch } from "./fake-server.ts";

interface Environment {
  server: Fake;
  runtime: Runtime;
  client(options?: Partial<AudienceClientOptions>): AudienceClient;
  /**
   * Resolves when the server has taken in all that had reached it. What a client gave up may still be on its way, and no
   * client can undo that: a test that goes on at once would blame it for what a late network does.
   */
  drained(): Promise<void>;
  /** Rejects with what a function in the server's options has thrown. */
  close(): Promise<void>;
}

export type CreateEnvironment = (options: FakeBatchOptions) => Promise<Environment>;

const KEYS = {
  restKey: "rest-key",
  projectKey: "project-key",
  requestsPerSecond: Number.POSITIVE_INFINITY,
};

/** How often as fast as ours the time is that clients of a real server live in. */
const SPEED = 100;

/**
 * For a client on loopback. The timeout is 1.5 s of ours, on a machine that may be busy with other things: a request that is
 * given up too soon may be carried out after its repeat, which no client can undo.
 */
export const FAST = {
  ...KEYS,
  timeoutMs: 1_500 * SPEED,
  retry: { minDelayMs: 10, maxDelayMs: 100, throttleDelayMs: 40 },
};

export function fastRuntime(seed: number): Runtime {
  return {
    ...systemRuntime,
    now: () => performance.now() * SPEED,
    random: createRandom(seed),
    sleep: (ms, signal) => systemRuntime.sleep(ms / SPEED, signal),
  };
}

export const inProcess: CreateEnvironment = async (options) => {
  const server = createFakeBatch({ requestsPerSecond: Number.POSITIVE_INFINITY, ...options });
  const { fetch, runtime } = server;
  return {
    server,
    runtime,
    client: (options) => createAudienceClient({ ...KEYS, fetch, runtime, ...options }),
    drained: () => turns(5),
    close: () => server.settled(),
  };
};

/**
 * Of what is late by design. A server that learns a few milliseconds later that a request was given up is late by a second of
 * the client's time, and the client waits for one second more than the latest may take.
 */
const LATE_SHARE = 0.5;

export const onLoopback: CreateEnvironment = async ({ lateBy, ...others }) => {
  const isTime = lateBy !== undefined && "ms" in lateBy;
  const options = { ...others, lateBy: isTime ? { ms: LATE_SHARE * lateBy.ms } : lateBy };
  const runtime = fastRuntime(options.seed ?? 1);
  const server = await startFakeBatch(options, runtime);
  return {
    server,
    runtime,
    client: ({ retry, ...options } = {}) =>
      createAudienceClient({
        ...FAST,
        baseUrl: server.url,
        runtime,
        ...options,
        retry: { ...FAST.retry, ...retry },
      }),
    async drained() {
      while (server.requests.some(({ endedAt }) => endedAt === undefined)) await turns(1);
      await turns(10);
    },
    close: () => server.close(),
  };
};
