import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { IdMap } from "../../src/window/id-map.ts";

/** With a factor of 1, the hash of ordinary ids is no more than the XOR of their characters. */
const hashes = {
  "a good hash": () => {},
  "a hash that most ids share": () => vi.spyOn(Math, "random").mockReturnValue(0),
};

afterEach(() => {
  vi.restoreAllMocks();
});

function expectSame(map: IdMap, model: Map<string, number>): void {
  expect(map.size).toBe(model.size);
  expect([...map.slots]).toEqual([...model.values()]);
}

const joined = (units: number[]) => String.fromCharCode(...units);
/** Strings of any UTF-16 units, halves of surrogate pairs included, and many that are alike. */
const ids = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff), { maxLength: 4 }).map(joined),
  fc
    .array(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0x81, 0x100, 0x4000, 0xd800, 0xffff), { maxLength: 4 })
    .map(joined),
  fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 }),
  fc.constantFrom("", "__proto__", "constructor"),
);

const steps = fc.array(fc.tuple(ids, fc.boolean(), fc.nat()), { maxLength: 200 });

describe.each(Object.entries(hashes))("with %s", (_, useHash) => {
  test("is what a Map is, for ids of any characters", () => {
    useHash();
    fc.assert(
      fc.property(steps, fc.nat(300), (steps, expected) => {
        const map = new IdMap(expected);
        const model = new Map<string, number>();
        for (const [id, isAsked, slot] of steps) {
          expect(map.has(id)).toBe(model.has(id));
          if (isAsked) continue;
          map.set(id, slot);
          model.set(id, slot);
        }
        expectSame(map, model);
        for (const [id] of steps) expect(map.has(id)).toBe(model.has(id));
      }),
      { numRuns: 500 },
    );
  });

  test("tells apart what takes the same bits in another order", () => {
    useHash();
    const map = new IdMap();
    map.set("\u0080\0\u0001", 1);
    map.set("\0\u0001\u0080", 2);
    expect([...map.slots]).toEqual([1, 2]);
  });

  test("distinguishes ids with the same characters in another order", () => {
    useHash();
    const map = new IdMap();
    const model = new Map<string, number>();
    // The last two characters the other way round, in the last of the bytes that the id takes.
    const long = "\uffff".repeat(100_000);
    const [one, other] = [`${long}\uabcd\uabce`, `${long}\uabce\uabcd`];
    map.set("short", 1);
    for (let i = 0; i < 5000; i++) expect(map.has(`${i}`)).toBe(false);
    map.set(one, 2);
    map.set("short", 3);
    expect([map.has(one), map.has(other), map.has(long)]).toEqual([true, false, false]);
    model.set("short", 3).set(one, 2);
    expectSame(map, model);
  });

  test("has all ids after it has grown", () => {
    useHash();
    const map = new IdMap();
    const model = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const id = `id ${(i * 11) % 2100}`;
      // At every size: also where the room is just filled.
      expect([map.has(id), map.has(`${id}?`)]).toEqual([model.has(id), false]);
      map.set(id, -1);
      expect([map.has(id), map.has(`${id}?`)]).toEqual([true, false]);
      map.set(id, i);
      model.set(id, i);
    }
    expectSame(map, model);
    expect([map.has("id 2099"), map.has("id 2100")]).toEqual([true, false]);
  });
});

test("keeps apart so many ids that some have the same hash", () => {
  const map = new IdMap();
  // Of 400,000 hashes of 32 bits, about 18 pairs are the same.
  for (let i = 0; i < 400_000; i++) map.set(`id ${i}`, i);
  expect(map.size).toBe(400_000);
});

test("gives each id a hash, which is the same in every map, and another one than other ids have", () => {
  const ids = [
    ...Array.from({ length: 5000 }, (_, n) => `id ${n}`),
    ...Array.from({ length: 256 }, (_, n) => String.fromCharCode(257 * n)),
    ...["", "\0\0", "ab", "ba", "é", "\u0080\0", "\0\u0080"],
  ];
  const hashesOf = (ids: string[]) => {
    const map = new IdMap();
    for (const id of ids) map.set(id, 0);
    return [...map.hashes()];
  };
  const hashes = hashesOf(ids);
  expect(hashes).toHaveLength(ids.length);
  expect(hashes.filter((hash) => !Number.isInteger(hash) || hash < 0 || hash >= 2 ** 45)).toEqual([]);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashesOf(ids.toReversed())).toEqual(hashes.toReversed());
});

test("its slots can be written over", () => {
  const map = new IdMap();
  map.set("a", 5);
  map.set("b", 7);
  map.slots[0] = 1;
  map.set("b", 8);
  expect([...map.slots]).toEqual([1, 8]);
});
