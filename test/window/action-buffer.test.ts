import fc from "fast-check";
import { expect, test } from "vitest";
import { ActionBuffer } from "../../src/window/action-buffer.ts";

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
        const buffer = new ActionBuffer();
        const texts = Array.from({ length }, (_, i) => `"${"é".repeat(i % 5)}${i}"`);
        const places = texts.map((text, i) => buffer.append(text, Buffer.byteLength(text), 10 * i));
        expect(places).toEqual([...texts.keys()]);
        const kept = new Set(texts.keys());
        const gone = sparse ? [...kept].filter((slot) => !gaps.includes(slot)) : gaps;
        for (const slot of gone.filter((slot) => slot < length)) kept.delete(slot);
        if (sparse) buffer.retainOnly(kept);
        else for (const slot of gone) buffer.remove({ from: slot, to: Math.min(slot + 1, length) });
        expect([buffer.length, buffer.size]).toEqual([length, kept.size]);
        for (const [a, b] of ranges) {
          const from = Math.min(a, b, length);
          const to = Math.min(Math.max(a, b), length);
          const expected = texts.filter((_, slot) => slot >= from && slot < to && kept.has(slot));
          expect(buffer.text({ from, to })).toBe(expected.join(","));
          expect(buffer.slots({ from, to })).toEqual(
            places.filter((slot) => slot >= from && slot < to && kept.has(slot)),
          );
        }
        const left = places.filter((slot) => buffer.has(slot));
        expect(left).toEqual([...kept]);
        expect(left.map((slot) => buffer.recordAt(slot))).toEqual(left.map((slot) => 10 * slot));
        expect(left.map((slot) => buffer.bytesAt(slot))).toEqual(
          left.map((slot) => Buffer.byteLength(texts[slot]!)),
        );
      },
    ),
  );
});
