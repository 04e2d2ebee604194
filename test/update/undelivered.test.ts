import { describe, expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import type { AudienceClient } from "../../src/client.ts";
import { SpilledActions, UndeliveredActions } from "../../src/update/undelivered.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import { ActionBuffer } from "../../src/window/action-buffer.ts";
import {
  accept,
  add,
  adds,
  firstAnswer,
  json,
  refusal,
  rejection,
  remove,
  silence,
  stub,
} from "../support/scripted-api.ts";

test("what is undelivered is iterable any number of times, has a length, and becomes JSON as a list", async () => {
  const api = stub(() => refusal(401));
  const { undelivered } = await rejection(api.client.update("vips", adds(3)), UpdateError);
  expect(undelivered).toHaveLength(3);
  expect([...undelivered]).toEqual(adds(3));
  expect([...undelivered]).toEqual(adds(3));
  expect(JSON.parse(JSON.stringify(undelivered))).toEqual(adds(3));
});

test("undelivered actions are read back one block at a time", async () => {
  const api = stub(() => refusal(401));
  const { undelivered } = await rejection(api.client.update("vips", adds(10_000)), UpdateError);
  const parse = JSON.parse;
  const lengths: number[] = [];
  JSON.parse = (text: string) => {
    const parsed = parse(text);
    lengths.push((parsed as unknown[]).length);
    return parsed;
  };
  try {
    for (const action of undelivered) if (action.id === "300") break;
  } finally {
    JSON.parse = parse;
  }
  expect(lengths.length).toBe(2);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
});

test("all parts of what is undelivered are closed once an iteration ends, also early", () => {
  const closed: string[] = [];
  const held = (id: string) => ({
    size: 1,
    actions: () =>
      Object.assign([add(id)].values(), {
        return: (value?: unknown) => {
          closed.push(id);
          return { done: true as const, value };
        },
      }) as IterableIterator<AudienceAction>,
  });
  for (const { id } of new UndeliveredActions([held("a"), held("b")])) if (id === "a") break;
  expect(closed).toContain("b");
});

test("spilled actions are read with `for await` so that other work has its turn after 256 of them", async () => {
  const spilled = new SpilledActions([{ size: 600, actions: () => adds(600).values() }], "state");
  expect([spilled.directory, spilled.length]).toEqual(["state", 600]);
  let turns = 0;
  let hasEnded = false;
  const other = (): void => {
    if (hasEnded) return;
    turns++;
    setImmediate(other);
  };
  setImmediate(other);
  const read: AudienceAction[] = [];
  for await (const action of spilled) read.push(action);
  hasEnded = true;
  expect([read, turns]).toEqual([adds(600), 2]);
});

test("a block ends before it gets too long, so that 256 large actions in a row are no problem", () => {
  const buffer = new ActionBuffer();
  const json = JSON.stringify({ action: "add", id: "a", attributes: { text: "x".repeat(3_000_000) } });
  // The 257th begins another block in any case: without one before, all 256 would be joined.
  for (let slot = 0; slot < 257; slot++) expect(buffer.append(json, json.length, slot)).toBe(slot);
  expect(buffer.text({ from: 100, to: 102 })).toBe(`${json},${json}`);
  expect(buffer.text({ from: 255, to: 256 })).toBe(json);
});

describe("of a call that fails while later calls wait", () => {
  async function failFirst(later: AudienceAction[][]) {
    const api = stub(firstAnswer(() => refusal(401)));
    const failing = rejection(api.client.update("vips", adds(3)), UpdateError);
    const others = later.map((actions) => api.client.update("vips", actions));
    const error = await failing;
    return { error, others, api };
  }

  test("undelivered leaves out the ids that they have settled, so that handing it back undoes nothing (G4)", async () => {
    const { error, others, api } = await failFirst([[remove("1"), add("x")], [remove("2")]]);
    expect(error.message).toMatch(/Calls for this audience that follow now: 2\..*once they have ended/);
    await Promise.all(others);
    expect([...error.undelivered]).toEqual([add("0")]);
    expect(error.undelivered).toHaveLength(1);
    await api.client.update("vips", error.undelivered);
    expect(api.updates.at(-1)?.actions).toEqual([add("0")]);
  });

  test.each([
    ["replaces the audience", (client: AudienceClient) => client.replace("vips", [{ id: "y" }])],
    ["empties the audience", (client: AudienceClient) => client.replace("vips", [], { allowEmpty: true })],
    ["deletes the audience", (client: AudienceClient) => client.delete("vips")],
  ])("undelivered is empty after one that %s (G4)", async (_what, call) => {
    const api = stub(firstAnswer(() => refusal(401)));
    const failing = rejection(api.client.update("vips", adds(3)), UpdateError);
    const called = call(api.client);
    const { undelivered } = await failing;
    expect(undelivered).toHaveLength(3);
    await called;
    expect([...undelivered]).toEqual([]);
    expect(undelivered).toHaveLength(0);
  });

  test.each(["replace", "delete"] as const)(
    "undelivered stays whole after a %s that failed",
    async (name) => {
      const api = stub((call) => (call.route === "view" ? accept(call) : refusal(401)));
      const failing = rejection(api.client.update("vips", adds(3)), UpdateError);
      const called =
        name === "delete" ? api.client.delete("vips") : api.client.replace("vips", [{ id: "y" }]);
      await called.catch(() => {});
      expect([...(await failing).undelivered]).toEqual(adds(3));
    },
  );

  test("undelivered remembers no ids but its own, however many are delivered after it (G27)", () => {
    let reads = 0;
    const actions = () => {
      reads++;
      return adds(3).values();
    };
    const undelivered = new UndeliveredActions([{ size: 3, actions }]);
    for (let n = 0; n < 100; n++) undelivered.leaveOut(Array.from({ length: 100 }, (_, i) => `${n}-${i}`));
    undelivered.leaveOut(["1"]);
    for (let n = 0; n < 100; n++) undelivered.leaveOut(Array.from({ length: 100 }, (_, i) => `${n}-${i}`));
    // Now and then it forgets those that it does not hold. That takes one look at what it holds.
    expect(reads).toBe(18);
    expect([...undelivered]).toEqual([add("0"), add("2")]);
  });

  test("undelivered on a disk is not read for that", () => {
    const actions = () => {
      throw new Error("the folder is in use");
    };
    const undelivered = new SpilledActions([{ size: 3, isOnDisk: true, actions }], "folder");
    for (let n = 0; n < 100; n++) undelivered.leaveOut(Array.from({ length: 100 }, (_, i) => `${n}-${i}`));
    expect(() => [...undelivered]).toThrow("the folder is in use");
  });

  test("undelivered has the right length also where an id occurs twice, or is settled twice", async () => {
    const api = stub(firstAnswer(() => refusal(401)));
    const updating = api.client.update("vips", [add("a"), add("b"), add("c"), remove("a")], { window: 2 });
    const failing = rejection(updating, UpdateError);
    const settling = [[add("a")], [remove("a"), add("x")]].map((actions) =>
      api.client.update("vips", actions),
    );
    const { undelivered } = await failing;
    expect(undelivered).toHaveLength(4);
    await Promise.all(settling);
    expect([...undelivered]).toEqual([add("b"), add("c")]);
    expect(undelivered).toHaveLength(2);
  });

  test("undelivered holds on to what a 202 refused of them", async () => {
    const partly = () => json(202, { indexing_token: "t", errors: [{ bulk_index: 0, reason: "no" }] });
    const api = stub(firstAnswer(() => refusal(401), partly));
    const failing = rejection(api.client.update("vips", adds(2)), UpdateError);
    const partial = rejection(api.client.update("vips", [remove("0"), remove("1")]), UpdateError);
    const [first, second] = await Promise.all([failing, partial]);
    expect([[...first.undelivered], [...second.undelivered]]).toEqual([[add("0")], [remove("0")]]);
  });

  test("undelivered leaves in what they have not delivered", async () => {
    const api = stub(
      firstAnswer(
        () => refusal(401),
        () => refusal(403),
      ),
    );
    const failing = rejection(api.client.update("vips", adds(2)), UpdateError);
    const second = rejection(api.client.update("vips", [remove("1")]), UpdateError);
    const [first, last] = await Promise.all([failing, second]);
    expect([[...first.undelivered], [...last.undelivered]]).toEqual([adds(2), [remove("1")]]);
    expect(last.message).not.toContain("follow now");
  });

  test("a call made after the failure changes nothing: it may be the one that hands them back", async () => {
    const { error, api } = await failFirst([]);
    await api.client.update("vips", error.undelivered);
    expect([...error.undelivered]).toEqual(adds(3));
  });

  test("the same holds for invalid actions", async () => {
    const api = stub();
    const failing = rejection(api.client.update("vips", [add("a"), add("")]), InvalidActionError);
    const later = api.client.update("vips", [remove("a")]);
    const error = await failing;
    await later;
    expect([...error.undelivered]).toEqual([]);
  });
});

test("an abort resolves at once, whatever a window holds", async () => {
  const api = stub((call) => (call.before === 0 ? silence(call) : accept(call)));
  const controller = new AbortController();
  const updating = rejection(
    api.client.update("vips", adds(50_000), { signal: controller.signal }),
    UpdateError,
  );
  await api.time.sleep(1);
  const parse = JSON.parse;
  let parsed = 0;
  JSON.parse = (text: string) => {
    parsed += text.length;
    return parse(text);
  };
  try {
    controller.abort(new Error("enough"));
    expect((await updating).undelivered).toHaveLength(50_000);
  } finally {
    JSON.parse = parse;
  }
  // The ids of the request in flight are in doubt: no more is read back.
  expect(parsed).toBeLessThan(10_000 * 40);
});
