// Any calls of a client that waits end in the oracle's state. Of a client that does not, the fake says what it did wrong.

import { describe, expect, it } from "vitest";
import { createFakeBatch, type FakeBatchOptions } from "../../src/testing/index.ts";
import { add, randomActions } from "../support/actions.ts";
import { post } from "../support/fake.ts";
import type { Fake } from "../support/fake-server.ts";
import { type AudienceCall, problemsAfter } from "../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../support/random.ts";
import { create, remove, replace } from "./calls.ts";

type Target = Fake & Parameters<typeof post>[0];

const SEEDS = Array.from({ length: 30 }, (_, seed) => seed);

/** Each id once in a call, and values as they are sent. */
function randomCall(random: Random): AudienceCall {
  const audience = pick(random, ["one", "two", "three"]);
  const ids = new Map(randomActions(random, 5, 8).map(({ action, id }) => [id, action]));
  const actions = [...ids].map(([id, action]) => ({ action, id }));
  return pick<AudienceCall>(random, [
    { call: "create", audience },
    { call: "update", audience, actions },
    { call: "update", audience, actions },
    {
      call: "replace",
      audience,
      members: actions.map(({ id }) => ({ id, attributes: { n: integer(random, 9) } })),
    },
    { call: "delete", audience },
  ]);
}

function send(fake: Target, call: AudienceCall): Promise<Response> {
  const { audience: name } = call;
  if (call.call === "create") return create(fake, { name });
  if (call.call === "delete") return remove(fake, name);
  if (call.call === "update") return post(fake, [...call.actions], { name });
  return replace(fake, [...call.members], { name });
}

const randomCalls = (seed: number): AudienceCall[] => {
  const random = createRandom(seed);
  return Array.from({ length: 60 }, () => randomCall(random));
};

describe("any calls, one after the other", () => {
  it.each<[string, FakeBatchOptions]>([
    ["each applied before the next", {}],
    ["in the order in which they were accepted", { order: "fifo", indexLag: { requests: 0 } }],
    ["with creations that are known late", { unknownUntilCreated: true, whenExists: "accept" }],
    ["with nothing dropped", { supersedes: false }],
  ])("end in the oracle's state: %s", async (_, options) => {
    for (const seed of SEEDS) {
      const fake = createFakeBatch({
        seed,
        indexLag: { ms: 1000 },
        audiences: ["one"],
        requestsPerSecond: Number.POSITIVE_INFINITY,
        ...options,
      });
      const calls = randomCalls(seed);
      for (const call of calls) {
        await send(fake, call);
        await fake.settled();
      }
      expect(problemsAfter(fake, calls, ["one"]), `seed ${seed}`).toEqual([]);
      expect(fake.counts.accepted).toBeGreaterThan(5);
    }
  });

  it("end wrong for a client that does not wait, and never without a violation", async () => {
    let wrong = 0;
    for (const seed of SEEDS) {
      for (const supersedes of [true, false]) {
        const options = {
          audiences: ["one"],
          whenExists: "accept",
          supersedes,
          requestsPerSecond: Number.POSITIVE_INFINITY,
        } as const;
        const fake = createFakeBatch({ seed, indexLag: { ms: 1000 }, ...options });
        const calls = randomCalls(seed)
          .slice(0, 3)
          .map((call) => ({ ...call, audience: "one" }));
        for (const call of calls) await send(fake, call);
        const isWrong = problemsAfter(fake, calls, options.audiences).some(
          (problem) => !problem.startsWith("{"),
        );
        if (isWrong) wrong++;
        if (isWrong) expect(fake.violations, `seed ${seed}`).not.toEqual([]);
      }
    }
    expect(wrong).toBeGreaterThan(5);
  });
});

describe("the problems of a server", () => {
  it("name audiences that are missing, too many or other than they should be, and broken rules", async () => {
    const fake = createFakeBatch({ audiences: ["kept", "extra", "gone"] });
    await post(fake, [add("a"), add("a")], { name: "kept" });
    await remove(fake, "gone");
    expect(problemsAfter(fake, [{ call: "create", audience: "new" }], ["kept", "gone"])).toEqual([
      '{"rule":"an id twice in one request","requests":[1],"id":"a"}',
      "kept: a: is present with {}, should be absent",
      "gone: is missing",
      "new: is missing",
      "extra: should not be there",
    ]);
  });
});
