import fc from "fast-check";
import { expect, test } from "vitest";
import type { ActionBuffer } from "../../src/window/action-buffer.ts";
import { Window } from "../../src/window/last-action-per-id.ts";

function encoded(id: string, note: number) {
  const json = JSON.stringify({ action: "add", id, attributes: { note } });
  return { id, json, bytes: Buffer.byteLength(json) };
}

/** What a window is, in the plainest words: re-inserting moves an id to the end. */
class Model {
  readonly last = new Map<string, { note: number; record: number }>();

  add(id: string, note: number, record: number): boolean {
    const superseded = this.last.delete(id);
    this.last.set(id, { note, record });
    return superseded;
  }

  get actions() {
    return [...this.last].map(([id, { note }]) => ({ action: "add", id, attributes: { note } }));
  }
}

function expectSame(buffer: ActionBuffer, model: Model): void {
  expect(buffer.size).toBe(model.last.size);
  expect([...buffer.actions()]).toEqual(model.actions);
  expect(buffer.firstRecord).toBe([...model.last.values()][0]?.record);
}

/** A few ids often, so that gaps outnumber what is left; many ids, so that they do not. */
const sequences = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 50 }),
  fc
    .record({ ids: fc.integer({ min: 1, max: 1500 }), step: fc.integer({ min: 1, max: 40 }) })
    .map(({ ids, step }) => Array.from({ length: 3000 }, (_, i) => (i * step + (i >> 3)) % ids)),
);

test("holds the last action of each id, in the order of the last occurrence, however often gaps are closed", () => {
  fc.assert(
    fc.property(sequences, fc.nat(1000), fc.nat(3000), (ids, start, expected) => {
      const window = new Window(start, expected);
      const model = new Model();
      const told = ids.map((id, i) => [
        window.has(`${id}`),
        window.add(encoded(`${id}`, i), start + i),
        model.add(`${id}`, i, start + i),
      ]);
      expect(told.filter(([known, superseded, again]) => known !== again || superseded !== again)).toEqual(
        [],
      );
      expect([window.start, window.size]).toEqual([start, model.last.size]);
      expectSame(window.seal(), model);
    }),
    { numRuns: 20 },
  );
});

test("closes the gaps of repeats, so that memory follows the ids and not the actions", () => {
  const window = new Window(0);
  const model = new Model();
  for (let i = 0; i < 50_000; i++) {
    // Each hundredth id comes once only, so it is moved each time gaps are closed.
    const id = i % 100 === 0 ? `once ${i}` : `${i % 10}`;
    window.add(encoded(id, i), i);
    model.add(id, i, i);
  }
  expectSame(window.seal(), model);
  expect(window.seal().length).toBeLessThan(2 * (10 + 500) + 1024 + 1);
});

test("removed actions are gone, in any order, and the first record moves past them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 600 }),
      fc.array(fc.tuple(fc.nat(600), fc.nat(600)), { maxLength: 6 }),
      (ids, ranges) => {
        const window = new Window(0);
        const model = new Model();
        ids.forEach((id, i) => {
          window.add(encoded(`${id}`, i), i);
          model.add(`${id}`, i, i);
        });
        const buffer = window.seal();
        for (const [a, b] of ranges) {
          const from = Math.min(a, b, buffer.length);
          const to = Math.min(Math.max(a, b), buffer.length);
          // Few enough repeats that no gap was closed: slot and record are the same number.
          for (const [id, { record }] of model.last) if (record >= from && record < to) model.last.delete(id);
          buffer.remove({ from, to });
          expectSame(buffer, model);
        }
      },
    ),
  );
});

test("prototype names are ordinary ids", () => {
  const window = new Window(0);
  for (const id of ["__proto__", "constructor", "__proto__"]) window.add(encoded(id, 0), 0);
  expect(Array.from(window.seal().actions(), ({ id }) => id)).toEqual(["constructor", "__proto__"]);
});

test("prototype names are ordinary attributes when an action is read back", () => {
  const window = new Window(0);
  const json = '{"action":"add","id":"a","attributes":{"__proto__":"x"}}';
  window.add({ id: "a", json, bytes: json.length }, 0);
  expect(JSON.stringify([...window.seal().actions()][0])).toBe(json);
});

test("an empty window holds nothing and has no first record", () => {
  const window = new Window(3);
  const buffer = window.seal();
  expect([window.size, buffer.size, buffer.firstRecord, ...buffer.actions()]).toEqual([0, 0, undefined]);
});
