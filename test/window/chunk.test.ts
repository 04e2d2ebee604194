import fc from "fast-check";
import { expect, test } from "vitest";
import { ActionBuffer } from "../../src/window/action-buffer.ts";
import { type Chunk, Envelope, halve, nextChunk } from "../../src/window/chunk.ts";

const envelope = new Envelope("vip_customers");

function bufferOf(texts: string[], gaps: number[] = []): ActionBuffer {
  const buffer = new ActionBuffer();
  texts.forEach((text, record) => {
    buffer.append(text, Buffer.byteLength(text), record);
  });
  for (const gap of gaps) buffer.remove({ from: gap, to: Math.min(gap + 1, texts.length) });
  return buffer;
}

function chunksOf(buffer: ActionBuffer, limits: { ids: number; bytes: number }): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; ; from = chunks.at(-1)!.to) {
    const chunk = nextChunk(buffer, from, limits, envelope);
    if (chunk === undefined) return chunks;
    chunks.push(chunk);
  }
}

const idsIn = (buffer: ActionBuffer, chunk: Chunk): unknown[] => JSON.parse(envelope.body(buffer, chunk)).ids;
const texts = fc.array(
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => JSON.stringify(text)),
  { maxLength: 60 },
);
const gaps = fc.array(fc.nat(60), { maxLength: 30 });
const limits = fc.record({ ids: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 200 }) });

test("a body is the document's envelope around the actions", () => {
  const buffer = bufferOf(['{"id":"a"}', '{"id":"b"}']);
  const [chunk] = chunksOf(buffer, { ids: 2, bytes: 1000 });
  expect(envelope.body(buffer, chunk!)).toBe('{"name":"vip_customers","ids":[{"id":"a"},{"id":"b"}]}');
});

test("a body for replace is the same with members, which have no action", () => {
  const head = '{"action":"add","id":"';
  // The text of an action in an attribute stays.
  const attributes = JSON.stringify({ text: head });
  const buffer = bufferOf([`${head}a"}`, `${head}b","attributes":${attributes}}`]);
  const [chunk] = chunksOf(buffer, { ids: 2, bytes: 1000 });
  const members = envelope.asMembers(chunk!);
  const body = envelope.membersBody(buffer, members);
  expect(body).toBe(`{"name":"vip_customers","ids":[{"id":"a"},{"id":"b","attributes":${attributes}}]}`);
  expect(members).toEqual({ ...chunk, bytes: body.length });
});

test("every body is as long as the chunk says, and over a limit only if it holds one id", () => {
  fc.assert(
    fc.property(texts, gaps, limits, (texts, gaps, limits) => {
      const buffer = bufferOf(texts, gaps);
      for (const chunk of chunksOf(buffer, limits)) {
        expect(Buffer.byteLength(envelope.body(buffer, chunk))).toBe(chunk.bytes);
        expect(idsIn(buffer, chunk)).toHaveLength(chunk.ids);
        expect(chunk.ids).toBeLessThanOrEqual(limits.ids);
        if (chunk.ids > 1) expect(chunk.bytes).toBeLessThanOrEqual(limits.bytes);
      }
    }),
  );
});

test("the chunks hold every action once, in order, and none has room for the one that follows it", () => {
  fc.assert(
    fc.property(texts, gaps, limits, (texts, gaps, limits) => {
      const buffer = bufferOf(texts, gaps);
      const kept = texts.filter((_, slot) => !gaps.includes(slot)).map((text) => JSON.parse(text));
      const chunks = chunksOf(buffer, limits);
      expect(chunks.flatMap((chunk) => idsIn(buffer, chunk))).toEqual(kept);
      chunks.slice(0, -1).forEach((chunk, i) => {
        const next = JSON.stringify(idsIn(buffer, chunks[i + 1]!)[0]);
        const full = chunk.ids === limits.ids;
        expect(full || chunk.bytes + 1 + Buffer.byteLength(next) > limits.bytes).toBe(true);
      });
    }),
  );
});

test("a chunk is filled to the byte, envelope and commas included", () => {
  const buffer = bufferOf(['"aa"', '"é"', '"b"']);
  const bytes = Buffer.byteLength('{"name":"vip_customers","ids":["aa","é","b"]}');
  expect(chunksOf(buffer, { ids: 10, bytes }).map(({ ids }) => ids)).toEqual([3]);
  expect(chunksOf(buffer, { ids: 10, bytes: bytes - 1 }).map(({ ids }) => ids)).toEqual([2, 1]);
});

test("an empty list has no chunk, nor has one of gaps alone", () => {
  expect(nextChunk(bufferOf([]), 0, { ids: 1, bytes: 1 }, envelope)).toBeUndefined();
  expect(nextChunk(bufferOf(['"a"'], [0]), 0, { ids: 1, bytes: 1 }, envelope)).toBeUndefined();
});

test("the halves of a chunk hold its actions, differ by one at most, and say their length", () => {
  fc.assert(
    fc.property(texts, gaps, fc.integer({ min: 2, max: 40 }), fc.nat(30), (texts, gaps, ids, from) => {
      const buffer = bufferOf(texts, gaps);
      const chunk = nextChunk(buffer, from, { ids, bytes: 1e9 }, envelope);
      fc.pre(chunk !== undefined && chunk.ids > 1);
      const halves = halve(buffer, chunk!, envelope);
      expect(halves).toHaveLength(2);
      expect(halves.flatMap((half) => idsIn(buffer, half))).toEqual(idsIn(buffer, chunk!));
      const [first, second] = halves as [Chunk, Chunk];
      expect(first.ids - second.ids === 0 || first.ids - second.ids === 1).toBe(true);
      for (const half of halves) {
        expect(Buffer.byteLength(envelope.body(buffer, half))).toBe(half.bytes);
        expect(idsIn(buffer, half)).toHaveLength(half.ids);
      }
      expect([first.from, second.to]).toEqual([chunk!.from, chunk!.to]);
    }),
  );
});
