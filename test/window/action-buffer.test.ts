import fc from "fast-check";
import { expect, test } from "vitest";
import { Slots } from "../../src/window/action-buffer.ts";

const edges = fc.constantFrom(0, 1, 255, 256, 257, 511, 512, 513, 700);

test("a range gives out what is left in it, as a plain list would", () => {
  fc.assert(
    fc.property(
      edges,
      fc.array(fc.nat(700), { maxLength: 60 }),
      fc.boolean(),
      fc.array(fc.tuple(fc.oneof(edges, fc.nat(700)), fc.oneof(edges, fc.nat(700))), {
        minLength: 1,
        maxLength: 10,
      }),
      (length, gaps, sparse, ranges) => {
        const slots = new Slots();
        const texts = Array.from({ length }, (_, i) => `"${"é".repeat(i % 5)}${i}"`);
        const places = texts.map((text, i) => slots.append(text, Buffer.byteLength(text), 10 * i));
        expect(places).toEqual([...texts.keys()]);
        const kept = new Set(texts.keys());
        const gone = sparse ? [...kept].filter((slot) => !gaps.includes(slot)) : gaps;
        for (const slot of gone.filter((slot) => slot < length)) kept.delete(slot);
        if (sparse) slots.keep(kept);
        else for (const slot of gone) slots.settle({ from: slot, to: Math.min(slot + 1, length) });
        expect([slots.length, slots.size]).toEqual([length, kept.size]);
        for (const [a, b] of ranges) {
          const from = Math.min(a, b, length);
          const to = Math.min(Math.max(a, b), length);
          const expected = texts.filter((_, slot) => slot >= from && slot < to && kept.has(slot));
          expect(slots.text({ from, to })).toBe(expected.join(","));
        }
        const left = places.filter((slot) => slots.has(slot));
        expect(left).toEqual([...kept]);
        expect(left.map((slot) => slots.recordAt(slot))).toEqual(left.map((slot) => 10 * slot));
        expect(left.map((slot) => slots.bytesAt(slot))).toEqual(
          left.map((slot) => Buffer.byteLength(texts[slot]!)),
        );
      },
    ),
  );
});
