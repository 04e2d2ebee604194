import { describe, expect, it } from "vitest";
import type { FakeBatchOptions } from "../../src/testing/index.ts";
import { add, adds, addWith } from "../support/actions.ts";
import { clockAt, post, start, stateOf, TRANSPORTS, tokenOf, view } from "../support/fake.ts";
import { errorOf, members, replace } from "./calls.ts";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
const standing = clockAt(() => 0);

describe.each(TRANSPORTS)("a replaced audience %s", (_, start) => {
  it("holds what was given and nothing else, the last of each id", async () => {
    const fake = await start();
    await post(fake, [add("old"), addWith("both", { old: 1 })]);
    const ids = [{ id: "a", attributes: { n: 1 } }, { id: "both" }, { id: "a", attributes: { m: 2 } }];
    const response = await replace(fake, ids);
    expect(response.status).toBe(202);
    expect(await tokenOf(response)).toMatch(/^[0-9a-f]{32}$/);
    const expected = new Map([
      ["a", { m: 2 }],
      ["both", {}],
    ]);
    expect(fake.audience("vips").members).toEqual(expected);
    expect(fake.requests[1]).toMatchObject({ audience: "vips", ids: ["a", "both", "a"], accepted: true });
  });

  it("holds what it held until the replace is applied", async () => {
    let now = 0;
    const fake = await start({ indexLag: { ms: 1000 } }, () => now);
    await post(fake, [add("old")]);
    now = 1000;
    const indexing_token = await tokenOf(await replace(fake, members(2)));
    const state = async () => stateOf(await view(fake, { name: "vips", indexing_token }));
    expect([...fake.audience("vips").members.keys()]).toEqual(["old"]);
    expect(await state()).toBe("IN_PROGRESS");
    now = 2000;
    expect([...fake.audience("vips").members.keys()]).toEqual(["0", "1"]);
    expect(await state()).toBe("APPLIED");
  });

  it("shows REPLACED for what was accepted before, applied or not, and only for this audience", async () => {
    let now = 0;
    const fake = await start({ indexLag: { ms: 1000 } }, () => now);
    const tokens = [await tokenOf(await post(fake, [add("applied")]))];
    now = 1000;
    tokens.push(await tokenOf(await post(fake, [add("waiting")])));
    const other = await tokenOf(await post(fake, [add("a")], { name: "other" }));
    tokens.push(await tokenOf(await replace(fake, members(1))));
    await fake.settled();
    const states = [];
    for (const indexing_token of tokens) {
      states.push(await stateOf(await view(fake, { name: "vips", indexing_token })));
    }
    expect(states).toEqual(["REPLACED", "REPLACED", "APPLIED"]);
    expect(await stateOf(await view(fake, { name: "other", indexing_token: other }))).toBe("APPLIED");
    expect([...fake.audience("vips").members.keys()]).toEqual(["0"]);
    expect([...fake.audience("other").members.keys()]).toEqual(["a"]);
  });
});

describe("a replace is refused, and changes nothing,", () => {
  const sixteen = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`a${index}`, index]));

  it.each<[string, unknown[], string]>([
    ["10,001 ids", members(10_001), "ids has 10001 items, at most 10000 are allowed"],
    ["an action", [{ id: "a" }, add("b")], "ids[1]: action is not accepted in a replace"],
    ["an action that is null", [{ id: "a", action: null }], "ids[0]: action is not accepted in a replace"],
    ["a missing id", [{}], "ids[0]: id is missing"],
    ["a string for an item", ["a"], "ids[0]: is not an object"],
    ["a list of attributes", [{ id: "a", attributes: [] }], "ids[0]: attributes must be an object"],
    [
      "16 attributes",
      [{ id: "a", attributes: sixteen }],
      "ids[0]: has 16 attributes, at most 15 are allowed",
    ],
  ])("for %s", async (_, ids, error_message) => {
    const fake = await start();
    await post(fake, [add("old")]);
    const answer = await errorOf(await replace(fake, ids));
    expect(answer).toEqual({ status: 400, error_code: "MISSING_PARAMETER", error_message });
    expect([...fake.audience("vips").members.keys()]).toEqual(["old"]);
  });

  it("for no ids or no name", async () => {
    const fake = await start();
    const answers = [];
    for (const body of ['{"name":"vips"}', '{"ids":[]}']) {
      answers.push(await errorOf(await replace(fake, [], { body })));
    }
    expect(answers).toMatchObject([
      { status: 400, error_message: "ids is missing" },
      { status: 400, error_message: "name is missing" },
    ]);
  });

  it("while 10,000 ids are allowed", async () => {
    const fake = await start();
    expect((await replace(fake, members(10_000))).status).toBe(202);
    expect(fake.audience("vips").members.size).toBe(10_000);
  });

  it("for an id that the server does not want", async () => {
    const refuse = ({ action, id }: { action: string; id: string }) =>
      action === "add" && id === "3" ? "unknown" : undefined;
    const fake = await start({ refuse });
    expect(await errorOf(await replace(fake, members(5)))).toMatchObject({ error_code: "INVALID_PARAMETER" });
    expect((await replace(fake, members(3))).status).toBe(202);
  });
});

describe("a replace", () => {
  it("names the records that are refused alone, and leaves them out", async () => {
    const fake = await start({ refuseRecord: ({ id }) => (id === "1" ? "no profile" : undefined) });
    const errors = [{ bulk_index: 1, reason: "no profile" }];
    expect(await (await replace(fake, members(3))).json()).toMatchObject({ errors });
    expect([...fake.audience("vips").members.keys()]).toEqual(["0", "2"]);
  });

  it("without ids empties the audience, or is refused as the options say", async () => {
    const fake = await start();
    await post(fake, [add("a")]);
    expect((await replace(fake, [])).status).toBe(202);
    expect(fake.audiences()).toEqual(new Map([["vips", { members: new Map() }]]));
    const whenNoIds = { status: 400, code: "NO_IDS", message: "ids is empty" };
    const strict = await start({ whenNoIds });
    const answer = { status: 400, error_code: "NO_IDS", error_message: "ids is empty" };
    expect(await errorOf(await replace(strict, []))).toEqual(answer);
    expect((await replace(strict, members(1))).status).toBe(202);
    expect((await post(strict, [])).status).toBe(202);
  });

  /** What the audience holds in the end, over many orders, each as the ids in their order. */
  async function endings(options: FakeBatchOptions, sent: "before" | "after"): Promise<string[]> {
    const found = new Set<string>();
    for (const seed of SEEDS) {
      const fake = await start({ seed, indexLag: { ms: 1000 }, ...options }, standing);
      if (sent === "before") await post(fake, adds(1));
      await replace(fake, [{ id: "new" }]);
      if (sent === "after") await post(fake, adds(1));
      await fake.settled();
      found.add([...fake.audience("vips").members.keys()].sort().join());
    }
    return [...found].sort();
  }

  it("wipes what was accepted after it and is applied before it", async () => {
    expect(await endings({}, "after")).toEqual(["0,new", "new"]);
    expect(await endings({ order: "fifo" }, "after")).toEqual(["0,new"]);
  });

  it("drops what was accepted before it, or does not where the options say so", async () => {
    expect(await endings({}, "before")).toEqual(["new"]);
    expect(await endings({ supersedes: false }, "before")).toEqual(["0,new", "new"]);
    expect(await endings({ supersedes: false, order: "fifo" }, "before")).toEqual(["new"]);
  });

  it("leaves the token of what is not dropped IN_PROGRESS until that is applied", async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      let now = 0;
      const clock = clockAt(() => now);
      const fake = await start({ seed, indexLag: { ms: 1000 }, supersedes: false }, clock);
      const indexing_token = await tokenOf(await post(fake, adds(1)));
      await replace(fake, [{ id: "new" }]);
      const states = [];
      for (now = 0; now <= 1000; now += 100) {
        states.push(await stateOf(await view(fake, { name: "vips", indexing_token })));
      }
      seen.add([...new Set(states)].join(" "));
    }
    expect([...seen].sort()).toEqual([
      "IN_PROGRESS APPLIED",
      "IN_PROGRESS APPLIED REPLACED",
      "IN_PROGRESS REPLACED",
    ]);
  });
});
