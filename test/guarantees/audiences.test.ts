// Calls of every kind, all made at once, on one client: create, update, replace and delete, through faults.

import { describe, expect, it } from "vitest";
import type { AudienceClient } from "../../src/client.ts";
import { ApiError, AudienceExistsError } from "../../src/errors.ts";
import { evenly, type FakeBatchOptions, PASSING_FAULTS } from "../../src/testing/index.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { randomActions } from "../support/actions.ts";
import { inProcess } from "../support/environment.ts";
import { type AudienceCall, problemsAfter } from "../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../support/random.ts";

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

function randomCall(random: Random): AudienceCall {
  const audience = pick(random, ["one", "two"]);
  const actions = randomActions(random, 1 + integer(random, 12), 15);
  const members = actions.map(({ id }) => ({ id, attributes: { n: integer(random, 9) } }));
  return pick<AudienceCall>(random, [
    { call: "create", audience },
    { call: "update", audience, actions },
    { call: "update", audience, actions },
    { call: "replace", audience, members },
    { call: "delete", audience },
  ]);
}

async function perform(client: AudienceClient, call: AudienceCall): Promise<unknown> {
  const options = { window: 7, maxIdsPerRequest: 3 };
  switch (call.call) {
    case "create":
      return client.create(call.audience);
    case "delete":
      return client.delete(call.audience);
    case "update":
      return client.update(call.audience, call.actions as never, options);
    case "replace":
      return client.replace(call.audience, call.members as never, options);
  }
}

/** What a call may reject with: the audience is there already, or is not there. */
function isExpected(error: unknown): boolean {
  const cause = error instanceof UpdateError ? error.cause : error;
  return cause instanceof AudienceExistsError || (cause instanceof ApiError && cause.status === 404);
}

describe.each(Object.entries(SETTINGS))("with %s", (_, setting) => {
  it.each([1, 2, 3])("any calls for an audience end in the oracle's state, seed %i (G8)", async (seed) => {
    const random = createRandom(seed);
    const environment = await inProcess({ ...setting, seed, audiences: ["one"] });
    const client = environment.client({ retry: { retries: 100 } });
    const calls = Array.from({ length: 18 }, () => randomCall(random));
    const ended = await Promise.allSettled(calls.map((call) => perform(client, call)));
    const rejected = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    expect(rejected.filter((error) => !isExpected(error))).toEqual([]);
    expect(problemsAfter(environment.server, calls, ["one"])).toEqual([]);
    await environment.close();
  });
});
