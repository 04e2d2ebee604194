// A server and the time that it and its clients live in: in process with virtual time, or on loopback with time that runs
// twenty times as fast as ours.

import { type AudienceClient, createClient } from "../../src/client.ts";
import type { AudienceClientOptions } from "../../src/options.ts";
import type { Runtime } from "../../src/runtime.ts";
import { createRandom } from "../simulator/random.ts";
import { type SimulatorOptions, startSimulator } from "../simulator/server.ts";
import { virtualTime } from "../support/virtual-time.ts";
import { createFastRuntime, FAST } from "./fast-time.ts";
import { createInProcessServer, type Server } from "./in-process.ts";

interface World {
  server: Server;
  runtime: Runtime;
  client(options?: Partial<AudienceClientOptions>): AudienceClient;
  /**
   * Resolves when the server has taken in all that had reached it. What a client gave up may still be on its way, and no
   * client can undo that: a test that goes on at once would blame it for what a late network does.
   */
  quiet(): Promise<void>;
}

export type WorldMaker = (options: SimulatorOptions) => Promise<World>;

export const inProcess: WorldMaker = async (options) => {
  const runtime = virtualTime(createRandom(options.seed ?? 1));
  const server = createInProcessServer(options, runtime);
  const { restKey, projectKey, requestsPerSecond } = FAST;
  const { url: baseUrl, fetch } = server;
  return {
    server,
    runtime,
    client: (options) =>
      createClient({ restKey, projectKey, requestsPerSecond, baseUrl, fetch, ...options }, runtime),
    quiet: () => turns(5),
  };
};

export const onLoopback: WorldMaker = async (options) => {
  const runtime = createFastRuntime(options.seed ?? 1);
  const server = await startSimulator({ ...options, now: runtime.now });
  return {
    server,
    runtime,
    client: ({ retry, ...options } = {}) =>
      createClient({ ...FAST, baseUrl: server.url, ...options, retry: { ...FAST.retry, ...retry } }, runtime),
    async quiet() {
      while (server.requests.some(({ endedAt }) => endedAt === undefined)) await turns(1);
      await turns(10);
    },
  };
};

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
