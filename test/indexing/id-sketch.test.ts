import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSketch } from "../../src/indexing/id-sketch.ts";
import { SketchMemory } from "../../src/indexing/sketch-memory.ts";
import { Window } from "../../src/window/last-action-per-id.ts";

function windowOf(ids: Iterable<string>): Window {
  const window = new Window(0);
  let record = 0;
  for (const id of ids) window.add({ id, json: "{}", bytes: 2 }, record++);
  return window;
}

const sketchOf = (ids: Iterable<string>) => new IdSketch(windowOf(ids).idHashes());
const numbered = (count: number, start = 0) =>
  Array.from({ length: count }, (_, n) => `customer-${start + n}`);

test("of small windows, exactly the slots that share an id are found", () => {
  const ids = fc.uniqueArray(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 200 });
  const property = fc.property(ids, ids, (mine, others) => {
    const isShared = sketchOf(mine).compare(sketchOf(others));
    const shared = mine.filter((_, slot) => isShared({ from: slot, to: slot + 1 }));
    expect(shared).toEqual(mine.filter((id) => others.includes(id)));
  });
  fc.assert(property, { numRuns: 200 });
});

test("of ids with several actions, the slot of the last one counts", () => {
  const isShared = sketchOf(["a", "b", "a"]).compare(sketchOf(["a"]));
  expect([0, 1, 2].map((from) => isShared({ from, to: from + 1 }))).toEqual([false, false, true]);
});

test.each([
  [200_000, 200_000],
  [200_000, 3],
  [3, 200_000],
])("a single shared id is found among %d and %d, and nothing far from it", (size, otherSize) => {
  const place = Math.floor(size / 2);
  const others = [...numbered(otherSize - 1, 1_000_000), `customer-${place}`];
  const isShared = sketchOf(numbered(size)).compare(sketchOf(others));
  expect(isShared({ from: place, to: place + 1 })).toBe(true);
  const far = Math.ceil(size / 100);
  expect(isShared({ from: 0, to: Math.max(1, place - far) })).toBe(false);
  expect(isShared({ from: place + far, to: size })).toBe(false);
});

test("windows of a million ids that share none seem to share hardly any", () => {
  const isShared = sketchOf(numbered(500_000)).compare(sketchOf(numbered(500_000, 500_000)));
  const parts = Array.from({ length: 50 }, (_, n) => isShared({ from: n * 10_000, to: (n + 1) * 10_000 }));
  // Each of the 50 requests by chance in one of 7,000 runs.
  expect(parts.filter(Boolean).length).toBeLessThan(2);
});

test("a sketch that is forgotten may share everything", () => {
  const [forgotten, other] = [sketchOf(["a"]), sketchOf(["b"])];
  forgotten.forget();
  expect(forgotten.compare(other)({ from: 0, to: 1 })).toBe(true);
  expect(other.compare(forgotten)({ from: 0, to: 1 })).toBe(true);
  expect(forgotten.bytes).toBe(0);
});

/** Each takes a quarter of the memory. */
const fiveSketches = () =>
  Array.from({ length: 5 }, () => {
    const hashes = new Float64Array(2 ** 20);
    return new IdSketch({ hashes, slots: new Uint32Array(2 ** 20), length: 2 ** 20 });
  });

test("a sketch takes up memory until its last use ends", () => {
  const memory = new SketchMemory();
  const sketches = fiveSketches();
  for (const sketch of sketches.slice(0, 4)) memory.hold(sketch);
  memory.hold(sketches[1]!);
  memory.drop(sketches[1]!);
  memory.drop(sketches[1]!);
  memory.hold(sketches[4]!);
  expect(sketches.map(({ bytes }) => bytes > 0)).toEqual([true, true, true, true, true]);
});

test("a sketch that is not in use frees no memory when it is dropped", () => {
  const memory = new SketchMemory();
  const sketches = fiveSketches();
  for (const sketch of sketches.slice(0, 4)) memory.hold(sketch);
  memory.drop(sketches[4]!);
  memory.hold(sketches[4]!);
  expect(sketches.map(({ bytes }) => bytes > 0)).toEqual([false, true, true, true, true]);
});

test("the memory for sketches is bounded: the oldest that are in use are forgotten", () => {
  const memory = new SketchMemory();
  const sketches = fiveSketches();
  for (const sketch of sketches.slice(0, 4)) memory.hold(sketch);
  memory.hold(sketches[1]!);
  expect(sketches.map(({ bytes }) => bytes > 0)).toEqual([true, true, true, true, true]);
  // One use of two ends: nothing becomes free. Then another does.
  memory.drop(sketches[1]!);
  memory.drop(sketches[3]!);
  memory.hold(sketches[4]!);
  expect(sketches.map(({ bytes }) => bytes > 0)).toEqual([true, true, true, true, true]);
  memory.hold(sketches[3]!);
  expect(sketches.map(({ bytes }) => bytes > 0)).toEqual([false, true, true, true, true]);
  for (const sketch of sketches) memory.drop(sketch);
  memory.hold(sketches[3]!);
  expect(sketches[3]!.bytes).toBeGreaterThan(0);
});
