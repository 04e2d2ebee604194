// Calls of every kind, all made at once, on one client: create, update, replace and delete, through faults.

import { describe, expect, it } from "vitest";
import { evenly, type FakeBatchOptions, PASSING_FAULTS } from "../../src/testing/index.ts";
import { inProcess } from "../support/environment.ts";
import { problemsAfter } from "../support/oracle.ts";
import { createRandom, pick } from "../support/random.ts";
import { isExpected, perform, randomCall } from "./audience-calls.ts";

const LAG: FakeBatchOptions = { indexLag: { requests: 30 }, faultsAfterWork: 0.5 };

const SETTINGS: Record<string, FakeBatchOptions> = {
  "indexing in random order": LAG,
  "creations that are known late": { ...LAG, unknownUntilCreated: true },
  "a replace that drops nothing": { ...LAG, supersedes: false },
  "any fault that passes": { ...LAG, faults: evenly(0.3, PASSING_FAULTS) },
  "requests that arrive late": {
    ...LAG,
    faults: { lateAfterReset: 0.15 },
    lateBy: { ms: 9_000 },
  },
};

describe.each(Object.entries(SETTINGS))("with %s", (_, setting) => {
  it.each([1, 2, 3])("any calls for an audience end in the oracle's state, seed %i (G8)", async (seed) => {
    const random = createRandom(seed);
    const environment = await inProcess({ ...setting, seed, audiences: ["one"] });
    const client = environment.client({ retry: { retries: 100 } });
    const calls = Array.from({ length: 18 }, () => randomCall(random, pick(random, ["one", "two"])));
    const ended = await Promise.allSettled(calls.map((call) => perform(client, call)));
    const rejected = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    expect(rejected.filter((error) => !isExpected(error))).toEqual([]);
    expect(problemsAfter(environment.server, calls, ["one"])).toEqual([]);
    await environment.close();
  });
});
