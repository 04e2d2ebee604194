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

/** For a client on loopback: a request that hangs is not to keep a test waiting. */
export const FAST = {
  restKey: "rest-key",
  projectKey: "project-key",
  requestsPerSecond: Number.POSITIVE_INFINITY,
  timeoutMs: 4_000,
  retry: { minDelayMs: 10, maxDelayMs: 100, throttleDelayMs: 40 },
};
