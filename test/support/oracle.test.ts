import { describe, expect, it } from "vitest";
import { add, addWith, remove } from "./actions.ts";
import { audiencesAfter, differences, oracle } from "./oracle.ts";

describe("the oracle", () => {
  it("lets the last action of each id win, with its attributes alone", () => {
    const actions = [
      add("a"),
      add("b"),
      remove("a"),
      addWith("a", { x: 1 }),
      addWith("a", { y: 2 }),
      remove("b"),
      remove("c"),
    ];
    expect(oracle(actions)).toEqual(new Map([["a", { y: 2 }]]));
  });

  it("goes on from a state it is given", () => {
    expect(oracle([remove("a"), add("c")], oracle([add("a"), add("b")]))).toEqual(
      new Map([
        ["b", {}],
        ["c", {}],
      ]),
    );
  });

  it("knows dates and URLs as they are stored", () => {
    const at = new Date("2026-01-02T03:04:05Z");
    const attributes = { joined: at, "date(left)": at, avatar: new URL("https://example.com/a b"), n: 1 };
    expect(oracle([{ action: "add", id: "a", attributes }]).get("a")).toEqual({
      "date(joined)": "2026-01-02T03:04:05.000Z",
      "date(left)": "2026-01-02T03:04:05.000Z",
      "url(avatar)": "https://example.com/a%20b",
      n: 1,
    });
  });
});

describe("the oracle of audiences", () => {
  it("creates, fills, replaces and deletes each by its name", () => {
    const members = [{ id: "b", attributes: { x: 1 } }, { id: "c" }, { id: "b", attributes: { y: 2 } }];
    const after = audiencesAfter([
      { call: "create", audience: "one" },
      { call: "create", audience: "two" },
      { call: "create", audience: "three" },
      { call: "update", audience: "one", actions: [add("a"), add("b")] },
      { call: "update", audience: "two", actions: [add("a"), add("b"), remove("a")] },
      { call: "replace", audience: "one", members },
      { call: "delete", audience: "three" },
    ]);
    const one = new Map([
      ["b", { y: 2 }],
      ["c", {}],
    ]);
    expect(after).toEqual(
      new Map<string, unknown>([
        ["one", one],
        ["two", new Map([["b", {}]])],
      ]),
    );
  });

  it("changes nothing for an audience that there is not, nor by creating one that there is", () => {
    const audiences = new Map([["one", oracle([add("a")])]]);
    const after = audiencesAfter(
      [
        { call: "create", audience: "one" },
        { call: "update", audience: "two", actions: [add("a")] },
        { call: "replace", audience: "two", members: [{ id: "a" }] },
        { call: "delete", audience: "two" },
      ],
      audiences,
    );
    expect(after).toEqual(new Map([["one", new Map([["a", {}]])]]));
  });

  it("creates an empty audience after it was deleted", () => {
    const calls = ["create", "delete", "create"] as const;
    const audiences = new Map([["one", oracle([add("a")])]]);
    const after = audiencesAfter(
      calls.map((call) => ({ call, audience: "one" })),
      audiences,
    );
    expect(after).toEqual(new Map([["one", new Map()]]));
  });
});

describe("differences", () => {
  it("are none between equal states in another order", () => {
    expect(
      differences(
        oracle([addWith("a", { x: 1, y: 2 }), add("b")]),
        oracle([add("b"), addWith("a", { y: 2, x: 1 })]),
      ),
    ).toEqual([]);
  });

  it("name what is missing, what is too much and what has other attributes, up to a limit", () => {
    const actual = oracle([add("a"), addWith("b", { x: 1 }), add("same")]);
    const expected = oracle([addWith("b", { x: 2 }), add("c"), add("same")]);
    const all = [
      'b: is present with {"x":1}, should be present with {"x":2}',
      "c: is absent, should be present with {}",
      "a: is present with {}, should be absent",
    ];
    expect(differences(actual, expected)).toEqual(all);
    expect(differences(actual, expected, 2)).toEqual(all.slice(0, 2));
  });
});
