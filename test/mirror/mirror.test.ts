import { describe, expect, it } from "vitest";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import { rejection } from "../support/expectations.ts";
import { manyMembers, members, mirrored } from "../support/mirrored.ts";

const UNAUTHORIZED = { status: 401 };

describe("a run", () => {
  it("adds what is new, removes what has gone, adds again what has changed, and sends nothing else (G17)", async () => {
    const { run, content, sent } = mirrored();
    await run([{ id: "a" }, { id: "b", attributes: { n: 1 } }, { id: "c" }]);
    const report = await run([{ id: "a" }, { id: "b", attributes: { n: 2 } }, { id: "d" }]);
    expect(report).toMatchObject({ members: 3, added: 1, changed: 1, removed: 1, unchanged: 1 });
    expect(report).toMatchObject({ expectedIds: 3, actualIds: 3, applied: true, accepted: 3, requests: 1 });
    expect(await content()).toEqual({ a: {}, b: { n: 2 }, d: {} });
    expect(sent().map(({ ids }) => ids?.toSorted())).toEqual([
      ["a", "b", "c"],
      ["b", "c", "d"],
    ]);
  });

  it("without changes sends nothing", async () => {
    const { run, sent } = mirrored();
    await run(members("a", "b"));
    const report = await run(members("b", "a"));
    expect(report).toMatchObject({
      members: 2,
      unchanged: 2,
      requests: 0,
      expectedIds: 2,
      actualIds: 2,
      applied: true,
    });
    expect(sent()).toHaveLength(1);
  });

  it("takes the last of several members with one id, and counts the others", async () => {
    const { run, content } = mirrored();
    const report = await run([
      { id: "a" },
      { id: "b" },
      { id: "a", attributes: { n: 2 } },
      { id: "a", attributes: { n: 3 } },
    ]);
    expect(report).toMatchObject({ members: 2, duplicates: 2, added: 2, received: 2, accepted: 2 });
    expect(await content()).toEqual({ a: { n: 3 }, b: {} });
  });

  it("takes ids and attributes of any text", async () => {
    const { run, content } = mirrored();
    const list = ["é", "\ud800", "\udc00", '"', "\\", "a\n", "😀", "__proto__", "a".repeat(3000)].map(
      (id, n) => ({
        id,
        attributes: { n, text: `${id.slice(0, 9)}…`, ...(n === 0 ? JSON.parse('{"__proto__":1}') : {}) },
      }),
    );
    await run(list);
    expect(Object.keys(await content()).sort()).toEqual(list.map(({ id }) => id).sort());
    expect(await run(list)).toMatchObject({ unchanged: list.length, requests: 0 });
    expect(await run(list.slice(1))).toMatchObject({ removed: 1, requests: 1 });
  });

  it("sends removals first, in the same full requests (G13)", async () => {
    const { run, sent, fake } = mirrored();
    await run(manyMembers(9000), { wait: false });
    await fake.settled();
    const before = sent().length;
    await run(manyMembers(4000, 5000), { maxIdsPerRequest: 2000 });
    const bodies = sent()
      .slice(before)
      .map(({ ids }) => ids!);
    expect(bodies.map(({ length }) => length)).toEqual([2000, 2000, 1000]);
    await run(manyMembers(6000, 6000), { maxIdsPerRequest: 2000 });
    const last = sent()
      .slice(before + 3)
      .map(({ ids }) => ids!.map((id) => Number(id.slice(3))));
    expect(last.map(({ length }) => length)).toEqual([2000, 2000]);
    expect(last[0]!.filter((n) => n < 6000)).toHaveLength(1000);
    expect(
      last
        .flat()
        .slice(0, 1000)
        .every((n) => n < 6000),
    ).toBe(true);
  });
});

describe("what counts as changed", () => {
  it.each([
    ["another order of the keys (G17)", { a: 1, b: 2 }, { b: 2, a: 1 }, 0],
    [
      "a Date in place of its text",
      { joined: new Date(0) },
      { "date(joined)": "1970-01-01T00:00:00.000Z" },
      0,
    ],
    [
      "a wrapped name in another order",
      { z: 1, joined: new Date(0) },
      { z: 1, "date(joined)": "1970-01-01T00:00:00.000Z" },
      0,
    ],
    ["another value", { a: 1, b: 2 }, { a: 1, b: 3 }, 1],
    ["another type", { a: 1 }, { a: "1" }, 1],
    ["values that changed places", { a: 1, b: 2 }, { a: 2, b: 1 }, 1],
    ["an attribute more", { a: 1 }, { a: 1, b: 1 }, 1],
    ["no attributes", { a: 1 }, undefined, 1],
  ])("%s", async (_, first, second, changed) => {
    const { run } = mirrored();
    await run([{ id: "x", attributes: first }]);
    expect(await run([{ id: "x", attributes: second }])).toMatchObject({ changed, unchanged: 1 - changed });
  });
});

describe("the first run", () => {
  it('with "replace" makes the audience exactly the list, whatever was there (G11)', async () => {
    const { run, client, content, sent, fake } = mirrored();
    await client().update("vips", [{ action: "add", id: "stranger" }]);
    await fake.settled();
    const report = await run(manyMembers(12_000), { baseline: "replace" });
    expect(report).toMatchObject({ added: 12_000, expectedIds: 12_000, actualIds: 12_000 });
    expect(Object.keys(await content())).toHaveLength(12_000);
    expect(
      sent()
        .slice(1)
        .map(({ route, ids }) => [route, ids?.length]),
    ).toEqual([
      ["POST /audiences/replace", 10_000],
      ["POST /audiences/update", 2000],
    ]);
    // From then on, the state says what is there.
    await run(manyMembers(12_001), { baseline: "replace" });
    expect(sent().at(-1)).toMatchObject({ route: "POST /audiences/update", ids: ["id-12000"] });
  });

  it("can make an empty audience", async () => {
    const { run, content, client, fake } = mirrored();
    await client().update("vips", [{ action: "add", id: "stranger" }]);
    await fake.settled();
    await run([], { baseline: "replace", allowEmpty: true });
    expect(await content()).toEqual({});
    expect(await run(members("a"))).toMatchObject({ added: 1 });
  });
});

describe("a source that ends early", () => {
  it.each<[string, object]>([
    ["changes nothing if it throws (G10)", {}],
    ["changes nothing if it is aborted (G10)", { signal: AbortSignal.abort(new Error("cut")) }],
  ])("%s", async (_, options) => {
    const { run, fake, content } = mirrored();
    await run(members("a", "b"));
    const requests = fake.requests.length;
    function* source() {
      yield { id: "c" };
      throw new Error("cut");
    }
    await expect(run(source(), options)).rejects.toThrow("cut");
    expect(fake.requests).toHaveLength(requests);
    expect(await content()).toEqual({ a: {}, b: {} });
    expect(await run(members("a", "b"))).toMatchObject({ unchanged: 2, requests: 0 });
  });
});

/** An API that carries requests out and answers something else, while `isLost`. */
function loses() {
  const answers = { isLost: false };
  return { answers, script: () => (answers.isLost ? { status: 401, afterWork: true } : undefined) };
}

/** Two ways to be cut off once a request is carried out: killed, and without its answer. */
const CUTS: [string, () => ReturnType<typeof mirrored> & { cutOff(list: object[]): Promise<unknown> }][] = [
  [
    "killed",
    () => {
      const audience = mirrored();
      return { ...audience, cutOff: audience.killed };
    },
  ],
  [
    "left without an answer",
    () => {
      const { answers, script } = loses();
      const audience = mirrored({ script });
      const cutOff = async (list: object[]) => {
        answers.isLost = true;
        await rejection(audience.run(list), UpdateError);
        answers.isLost = false;
      };
      return { ...audience, cutOff };
    },
  ],
];

describe.each(CUTS)("a run that was cut off, %s,", (_, start) => {
  it("leaves nothing that is neither in the newer list nor in the old state (G14)", async () => {
    const { run, cutOff, content } = start();
    await run(members("a"));
    await cutOff(members("a", "b"));
    expect(await content()).toEqual({ a: {}, b: {} });
    expect(await run(members("a"))).toMatchObject({ removed: 1, unchanged: 1, accepted: 1 });
    expect(await content()).toEqual({ a: {} });
  });

  it("leaves nothing either that only the first run has sent", async () => {
    const { run, cutOff, content } = start();
    await cutOff(members("a", "b"));
    expect(await run(members("b", "c"))).toMatchObject({ removed: 1, changed: 1, added: 1 });
    expect(await content()).toEqual({ b: {}, c: {} });
  });

  it("is sent again, also where the newer list is as the old state was (G14)", async () => {
    const { run, cutOff, content } = start();
    const before = [{ id: "a", attributes: { n: 1 } }, { id: "b" }];
    await run(before);
    await cutOff([{ id: "a", attributes: { n: 2 } }]);
    expect(await content()).toEqual({ a: { n: 2 } });
    expect(await run(before)).toMatchObject({ changed: 2, unchanged: 0 });
    expect(await content()).toEqual({ a: { n: 1 }, b: {} });
  });

  it("stays unsure while the list has no valid record of it", async () => {
    const { run, cutOff, content } = start();
    await run(members("a"));
    await cutOff(members("a", "b"));
    await run([...members("a", "c"), { id: "b", attributes: { N: 1 } }], { invalid: "skip" });
    expect(await content()).toEqual({ a: {}, b: {}, c: {} });
    expect(await run(members("a", "c"))).toMatchObject({ removed: 1 });
    expect(await content()).toEqual({ a: {}, c: {} });
  });
});

it("a run that was killed leaves unsure what was unsure, also if it knows no valid record of it", async () => {
  const { run, killed, content } = mirrored();
  await run(members("a"));
  await killed(members("a", "b"));
  await killed([...members("a", "c"), { id: "b", attributes: { N: 1 } }], { invalid: "skip" });
  expect(await content()).toEqual({ a: {}, b: {}, c: {} });
  expect(await run(members("a"))).toMatchObject({ removed: 2 });
  expect(await content()).toEqual({ a: {} });
});

describe("a run that ended early", () => {
  const cut = { refused: "isolate" } as const;

  it("counts what was accepted as done, and what it has not even begun with as unsure", async () => {
    let requests = 0;
    const { run, content, sent } = mirrored({ script: () => (++requests > 2 ? UNAUTHORIZED : undefined) });
    const options = { ...cut, maxIdsPerRequest: 2, window: 4 };
    const error = await rejection(run(manyMembers(20), options), UpdateError);
    expect(error.report).toMatchObject({ members: 20, added: 20, accepted: 4 });
    expect(error.message).toMatch(
      /^The mirror of the audience vips ended early: .*Accepted: 4 of \d+ changes\. The state says which/,
    );
    requests = Number.NEGATIVE_INFINITY;
    const before = sent().length;
    expect(await run(manyMembers(20))).toMatchObject({ unchanged: 4, changed: 16, accepted: 16 });
    expect(sent()[before]!.ids).toHaveLength(16);
    expect(Object.keys(await content())).toHaveLength(20);
  });

  it("in the middle of a replacement makes the next run replace again", async () => {
    let isLost = false;
    const { run, content, client, fake } = mirrored({ script: () => (isLost ? UNAUTHORIZED : undefined) });
    await run(members("a"));
    await client().update("vips", [{ action: "add", id: "stranger" }]);
    await fake.settled();
    isLost = true;
    await rejection(run(members("a"), { reassert: true }), UpdateError);
    isLost = false;
    await run(members("a"));
    expect(await content()).toEqual({ a: {} });
  });
});

describe("what the API refuses", () => {
  const refuse = (action: { action: string; id: string }) =>
    action.id === `${action.action}-refused` ? "not this one" : undefined;
  const options = { refused: "isolate" } as const;

  it.each([
    ["with the whole request", { refuse }],
    ["alone, in a 202", { refuseRecord: refuse }],
  ])("%s stays as it was, and is reported each time (G15)", async (_, setting) => {
    const { run, content } = mirrored(setting);
    await run(members("a", "remove-refused"));
    for (let time = 0; time < 2; time++) {
      const refused: string[] = [];
      const onRejected = ({ id = "" }) => refused.push(id);
      const ended = run(members("b", "add-refused"), { ...options, onRejected });
      const { report, undelivered } = await rejection(ended, UpdateError);
      expect(report).toMatchObject({
        expectedIds: 2,
        added: time === 0 ? 2 : 1,
        removed: time === 0 ? 2 : 1,
      });
      expect([...undelivered].map(({ id }) => id).sort()).toEqual(["add-refused", "remove-refused"]);
      expect(refused.sort()).toEqual(["add-refused", "remove-refused"]);
      expect(await content()).toEqual({ b: {}, "remove-refused": {} });
    }
  });

  it("leaves former attributes, so that the change is sent again", async () => {
    const { run, content } = mirrored({
      refuse: ({ attributes }) => (attributes?.n === 2 ? "no" : undefined),
    });
    await run([{ id: "a", attributes: { n: 1 } }, { id: "b" }]);
    const next = [{ id: "a", attributes: { n: 2 } }, { id: "b" }];
    for (let time = 0; time < 2; time++) {
      const { report } = await rejection(run(next, options), UpdateError);
      expect(report).toMatchObject({ changed: 1, unchanged: 1, expectedIds: 2 });
    }
    expect(await content()).toEqual({ a: { n: 1 }, b: {} });
    expect(await run([{ id: "a", attributes: { n: 1 } }, { id: "b" }])).toMatchObject({
      unchanged: 2,
      requests: 0,
    });
  });

  it("and what was unsure before stays unsure", async () => {
    let isRefusing = false;
    const refuse = ({ action }: { action: string }) => (isRefusing && action === "remove" ? "no" : undefined);
    const { run, killed, content } = mirrored({ refuse });
    await run(members("a"));
    await killed(members("a", "b"));
    isRefusing = true;
    await rejection(run(members("a"), options), UpdateError);
    isRefusing = false;
    expect(await run(members("a"))).toMatchObject({ removed: 1 });
    expect(await content()).toEqual({ a: {} });
  });
});

describe("what is accepted and not applied", () => {
  it("is waited for by the next run before it sends (G16)", async () => {
    const { run, fake, content } = mirrored({ indexLag: { requests: 30 } });
    const report = await run(members("a", "b"), { wait: false });
    expect(report).toMatchObject({ applied: false, accepted: 2 });
    expect(report).not.toHaveProperty("actualIds");
    await run(members("a"));
    const routes = fake.requests.map(({ route }) => route);
    expect(routes.slice(0, 3)).toEqual([
      "POST /audiences/update",
      "GET /audiences/view",
      "GET /audiences/view",
    ]);
    expect(fake.violations).toEqual([]);
    expect(await content()).toEqual({ a: {} });
  });

  it("is not known to be applied while a request without a token may be indexed", async () => {
    let isNew = true;
    const { run, fake, content } = mirrored({
      indexLag: { requests: 12 },
      order: "fifo",
      script: ({ route }) => (isNew && route.startsWith("POST") ? { breakage: "noToken" } : undefined),
    });
    const report = await run(members("a", "b"));
    expect(report).toMatchObject({ applied: false, accepted: 2 });
    expect(report).not.toHaveProperty("actualIds");
    isNew = false;
    // Nothing has changed, and what was sent is still not known to be applied.
    expect(await run(members("a", "b"))).toMatchObject({ requests: 0 });
    await run(members("a"));
    expect(fake.violations).toEqual([]);
    expect(await content()).toEqual({ a: {} });
  });

  it("is not an error: a warning says so, and the state has the tokens", async () => {
    let isStuck = true;
    const { run } = mirrored({ nameState: (state) => (isStuck ? "IN_PROGRESS" : state) });
    const report = await run(members("a"), { indexingTimeoutMs: 5000 });
    expect(report).toMatchObject({ applied: false, expectedIds: 1 });
    expect(report.warnings[0]?.reason).toMatch(/may not be applied yet: 1/);
    isStuck = false;
    expect(await run(members("a"))).toMatchObject({ applied: true, actualIds: 1, requests: 0 });
  });
});

describe("what others change on the audience", () => {
  it("is reported, and repaired by reassert (G18)", async () => {
    const { run, client, content, fake } = mirrored();
    await run(members("a", "b"));
    await client().update("vips", [
      { action: "add", id: "stranger" },
      { action: "remove", id: "a" },
    ]);
    await client().update("vips", [{ action: "add", id: "other" }]);
    await fake.settled();
    expect(await run(members("a", "b"))).toMatchObject({ expectedIds: 2, actualIds: 3, requests: 0 });
    expect(await run(members("a", "b", "c"), { reassert: true })).toMatchObject({
      added: 1,
      unchanged: 2,
      actualIds: 3,
    });
    expect(await content()).toEqual({ a: {}, b: {}, c: {} });
    expect(await run(members("a", "b", "c"))).toMatchObject({ unchanged: 3, requests: 0 });
  });

  it("does not fail a run when the API does not say how many ids there are", async () => {
    let isGone = false;
    const { run } = mirrored({
      script: ({ route }) => (isGone && route.startsWith("GET") ? { status: 403 } : undefined),
    });
    await run(members("a"));
    isGone = true;
    const report = await run(members("a"));
    expect(report).not.toHaveProperty("actualIds");
    expect(report.warnings[0]?.reason).toContain("403");
  });
});

describe("an invalid member", () => {
  it("ends the run before anything is sent, with all issues", async () => {
    const { run, sent } = mirrored();
    await run(members("a"));
    const error = await rejection(
      run([{ id: "a" }, { id: " " }, { id: "b", attributes: { N: 1 } }]),
      InvalidActionError,
    );
    expect(error.issues.map(({ index, path }) => [index, path])).toEqual([
      [1, "id"],
      [2, "attributes.N"],
    ]);
    expect(error.report).toMatchObject({ received: 2, rejected: 2 });
    expect(error.message).toMatch(/^Invalid action at index 1 .*Nothing was sent\.$/);
    expect(sent()).toHaveLength(1);
  });

  it('with "skip" leaves its id as it was: a member stays, and nobody is added', async () => {
    const { run, content, sent } = mirrored();
    await run([{ id: "member", attributes: { n: 1 } }, { id: "gone" }]);
    const rejected: unknown[] = [];
    const wrong = { attributes: { N: 1 } };
    const list = [
      { id: "member", ...wrong },
      { id: "nobody", ...wrong },
      { id: "new" },
      { id: "twice" },
      { id: "twice", ...wrong },
    ];
    const report = await run(list, { invalid: "skip", onRejected: (_, record) => rejected.push(record) });
    expect(report).toMatchObject({
      members: 2,
      added: 2,
      removed: 1,
      rejected: 3,
      received: 6,
      expectedIds: 3,
      actualIds: 3,
    });
    expect(report.rejections.map(({ id }) => id)).toEqual(["member", "nobody", "twice"]);
    expect(rejected).toEqual([list[0], list[1], list[4]]);
    expect(await content()).toEqual({ member: { n: 1 }, new: {}, twice: {} });
    expect(await run(list, { invalid: "skip" })).toMatchObject({ requests: 0, unchanged: 2 });
    expect(sent()).toHaveLength(2);
  });
});
