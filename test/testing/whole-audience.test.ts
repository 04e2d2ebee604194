// The rules that a fake holds its clients to where a request is for an audience as a whole.

import { describe, expect, it } from "vitest";
import type { FakeBatchOptions } from "../../src/testing/index.ts";
import { adds } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { clockAt, post, start, TRANSPORTS } from "../support/fake.ts";
import { create, members, remove, replace } from "./calls.ts";

type Target = Parameters<typeof post>[0];

/** Each for the audience `vips`. */
const CALLS = {
  create: (target: Target, init?: RequestInit) => create(target, {}, init),
  update: (target: Target, init?: RequestInit) => post(target, adds(1), init),
  replace: (target: Target, init?: RequestInit) => replace(target, members(1), init),
  "another replace": (target: Target, init?: RequestInit) => replace(target, members(2), init),
  remove: (target: Target, init?: RequestInit) => remove(target, "vips", init),
};

type Call = keyof typeof CALLS;

const standing = clockAt(() => 0);

describe.each(TRANSPORTS)("two requests outstanding together %s", (_, start) => {
  const pairs: [Call, Call][] = [
    ["replace", "update"],
    ["update", "replace"],
    ["replace", "replace"],
    ["create", "update"],
    ["update", "remove"],
    ["remove", "create"],
  ];

  it.each(pairs)("are a violation: %s and %s", async (first, second) => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    CALLS[first](fake).catch(() => {});
    await until(() => fake.requests[0]?.audience !== undefined);
    await CALLS[second](fake);
    expect(fake.violations).toEqual([{ rule: "outstanding together", requests: [1, 2] }]);
  });

  it("are none when they are for different audiences", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    CALLS.replace(fake).catch(() => {});
    await until(() => fake.requests[0]?.audience !== undefined);
    await replace(fake, members(1), { name: "other" });
    await remove(fake, "other");
    expect(fake.violations).toEqual([]);
  });

  it("are none when the client has given one up and repeats it", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    const abort = new AbortController();
    const sent = CALLS.replace(fake, { signal: abort.signal }).catch(() => {});
    await until(() => fake.requests[0]?.audience !== undefined);
    abort.abort();
    await Promise.all([sent, CALLS.replace(fake)]);
    expect(fake.violations).toEqual([]);
  });
});

describe("a request that is accepted while another was not applied", () => {
  async function rulesBroken(first: Call, second: Call, options: FakeBatchOptions = {}): Promise<string[]> {
    const fake = await start(
      { indexLag: { ms: 1000 }, audiences: ["vips"], whenExists: "accept", ...options },
      standing,
    );
    for (const call of [first, second]) expect((await CALLS[call](fake)).status).toBe(202);
    for (const { requests } of fake.violations) expect(requests).toEqual([1, 2]);
    return fake.violations.map(({ rule, id }) => (id === undefined ? rule : `${rule}: ${id}`));
  }

  const replaced = "accepted while a replace of the audience was not applied";
  const removed = "accepted while a remove of the audience was not applied";

  it.each<[Call, Call, string]>([
    ["replace", "update", replaced],
    ["replace", "another replace", replaced],
    ["another replace", "replace", replaced],
    ["replace", "remove", replaced],
    ["remove", "update", removed],
    ["remove", "replace", removed],
    ["remove", "create", removed],
  ])("is a violation: %s, then %s", async (first, second, rule) => {
    expect(await rulesBroken(first, second)).toEqual([rule]);
    expect(await rulesBroken(first, second, { supersedes: false })).toEqual([rule]);
  });

  it.each<[Call, Call]>([
    ["create", "create"],
    ["create", "update"],
    ["create", "replace"],
    ["update", "create"],
    ["replace", "create"],
    ["replace", "replace"],
    ["remove", "remove"],
  ])("is none, since the order does not matter: %s, then %s", async (first, second) => {
    expect(await rulesBroken(first, second)).toEqual([]);
    expect(await rulesBroken(first, second, { supersedes: false })).toEqual([]);
  });

  it.each<[Call, Call]>([
    ["update", "replace"],
    ["update", "remove"],
    ["create", "remove"],
  ])("is one where the first is not dropped: %s, then %s", async (first, second) => {
    const rule = "replaced or removed while an earlier request was not applied";
    expect(await rulesBroken(first, second)).toEqual([]);
    expect(await rulesBroken(first, second, { supersedes: false })).toEqual([rule]);
  });

  it("is none once the first is applied, or when it is for another audience", async () => {
    const fake = await start({ indexLag: { ms: 1000 }, audiences: ["vips", "other"] }, standing);
    await CALLS.replace(fake);
    await fake.settled();
    await CALLS.update(fake);
    await remove(fake, "other");
    expect(fake.violations).toEqual([]);
  });
});

it("an id that is twice in a replace is a violation", async () => {
  const fake = await start();
  await replace(fake, [{ id: "a" }, { id: "b" }, { id: "a" }]);
  expect(fake.violations).toEqual([{ rule: "an id twice in one request", requests: [1], id: "a" }]);
});
