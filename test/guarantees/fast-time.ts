// Time that runs twenty times as fast as ours, for clients of a real server that is to be waited for.

import { performance } from "node:perf_hooks";
import { type Runtime, systemRuntime } from "../../src/runtime.ts";
import { createRandom } from "../simulator/random.ts";

const SPEED = 20;

export function createFastRuntime(seed: number): Runtime {
  return {
    ...systemRuntime,
    now: () => performance.now() * SPEED,
    random: createRandom(seed),
    sleep: (ms, signal) => systemRuntime.sleep(ms / SPEED, signal),
  };
}

/**
 * For a client on loopback. A second of ours is long enough for a machine that is busy with other things: a request that is
 * given up too soon may be carried out after its repeat, which no client can undo.
 */
export const FAST = {
  restKey: "rest-key",
  projectKey: "project-key",
  requestsPerSecond: Number.POSITIVE_INFINITY,
  timeoutMs: 20_000,
  retry: { minDelayMs: 10, maxDelayMs: 100, throttleDelayMs: 40 },
};
