// The simulator in a process of its own, told what to be over IPC, so that its work is not counted as the client's.

import { createFakeBatch, type FakeBatchOptions } from "../../../src/testing/index.ts";
import { actions } from "./actions.mjs";

export interface Start {
  options: Omit<FakeBatchOptions, "latencyMs">;
  /** In milliseconds, and how far each may differ from it, from 0 to 1. */
  latency?: { ms: number; jitter: number };
}

/** An input whose final state is compared with what the audience has become. */
export interface Verify {
  audience: string;
  count: number;
  repeats: number;
  seed: number;
}

export interface Verified {
  /** Ids that are there and should not be, the other way round, or with other attributes. */
  wrong: number;
  requests: number;
  updates: number;
  throttled: number;
  faults: number;
}

process.on("disconnect", () => process.exit());

process.once("message", async ({ options, latency }: Start) => {
  const latencyMs =
    latency && ((random: () => number) => latency.ms * (1 + latency.jitter * (2 * random() - 1)));
  const simulator = createFakeBatch({
    ...options,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    log: false,
  });
  const { url } = await simulator.listen();
  process.on("message", async (verify: Verify) => {
    await simulator.settled();
    const { requests, updates, throttled, faults } = simulator.counts;
    const wrong = verify.count === 0 ? 0 : countWrong(simulator.audience(verify.audience).members, verify);
    process.send?.({ wrong, requests, updates, throttled, faults } satisfies Verified);
  });
  process.send?.(url);
});

function countWrong(found: ReadonlyMap<string, unknown>, { count, repeats, seed }: Verify): number {
  const expected = new Map<string, string>();
  for (const { action, id, attributes = {} } of actions(count, { repeats, seed })) {
    if (action === "add") expected.set(id, JSON.stringify(attributes));
    else expected.delete(id);
  }
  let wrong = 0;
  for (const [id, attributes] of found) if (JSON.stringify(attributes) !== expected.get(id)) wrong++;
  for (const id of expected.keys()) if (!found.has(id)) wrong++;
  return wrong;
}
