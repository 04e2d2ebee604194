import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idText } from "../../src/mirror/compare.ts";
import { MARK, RecordBuffer, RecordCursor, RecordMaker } from "../../src/mirror/record.ts";
import { RecordTable } from "../../src/mirror/record-table.ts";

/** Of an id and of attributes: their JSON. */
interface Given {
  id: string;
  attributes: string;
}

const DECODER = new TextDecoder();
const attributesOf = ({ bytes, attributesFrom, end }: RecordCursor) =>
  DECODER.decode(bytes.subarray(attributesFrom, end));

const inJson = fc.string({ unit: "binary", maxLength: 20 }).map((text) => JSON.stringify(text).slice(1, -1));
/** Lengths at the edges of what one, two and three bytes can say, and of how text is copied. */
const long = fc
  .tuple(fc.constantFrom(63, 64, 65, 127, 128, 129, 16_383, 16_384, 20_000), fc.constantFrom("a", "é"))
  .map(([length, character]) => character.repeat(length));
const texts = fc.oneof({ weight: 9, arbitrary: inJson }, { weight: 1, arbitrary: long });
const givens: fc.Arbitrary<Given> = fc.record({
  id: texts,
  attributes: fc.oneof(
    fc.constant(""),
    texts.map((text) => `{"a":"${text}"}`),
  ),
});

function written(given: Given[], maker = new RecordMaker()): Uint8Array {
  const buffer = new RecordBuffer();
  for (const { id, attributes } of given) buffer.copy(maker.make(id, attributes));
  return buffer.written;
}

/** The record of one id and its attributes. */
function recordOf(id: string, attributes = ""): RecordCursor {
  const record = new RecordCursor(written([{ id, attributes }]));
  expect(record.next()).toBe(true);
  return record;
}

function read(bytes: Uint8Array): Given[] {
  const found: Given[] = [];
  const record = new RecordCursor(bytes);
  while (record.next()) found.push({ id: idText(record), attributes: attributesOf(record) });
  return found;
}

describe("records", () => {
  test("are read as they were written, of any text and any length", () => {
    fc.assert(
      fc.property(fc.array(givens, { maxLength: 20 }), (given) => {
        expect(read(written(given))).toEqual(given);
      }),
    );
  });

  test("are the same, whatever was made before in the same memory", () => {
    const maker = new RecordMaker();
    const given = [
      { id: "é".repeat(5000), attributes: '{"a":"x"}' },
      { id: "b", attributes: "" },
      { id: "c", attributes: '{"a":"é"}' },
    ];
    expect(written(given, maker)).toEqual(written(given));
    expect(written(given, maker)).toEqual(written(given));
  });

  test("are copied whole, wherever they begin, and however much room is left", () => {
    const given = ["", "a", "é".repeat(40), "b"].map((id) => ({ id, attributes: "" }));
    const records = written(given);
    for (let filled = 0; filled <= 100; filled++) {
      const buffer = new RecordBuffer();
      // Of 100 bytes at first it makes room for 200.
      buffer.append(new Uint8Array(100));
      buffer.append(new Uint8Array(filled));
      const record = new RecordCursor(records);
      while (record.next()) buffer.copy(record);
      expect(read(buffer.written.subarray(100 + filled))).toEqual(given);
    }
  });

  test("can be copied without their attributes, whose hash stays", () => {
    const record = recordOf("a", '{"n":1}');
    const buffer = new RecordBuffer();
    buffer.copyWithoutAttributes(record);
    const copy = new RecordCursor(buffer.written);
    expect([copy.next(), idText(copy), attributesOf(copy), copy.next()]).toEqual([true, "a", "", false]);
    expect([copy.hasIdOf(record), copy.hasAttributesOf(record)]).toEqual([true, true]);
  });

  test("can be marked, and have one mark at most", () => {
    const marks = Object.values(MARK);
    const marked = marks.map((mark) => {
      const buffer = new RecordBuffer();
      buffer.copyMarked(recordOf("a", '{"n":1}'), mark);
      buffer.copy(new RecordMaker().mark("é", mark));
      const record = new RecordCursor(buffer.written);
      const found: unknown[] = [];
      while (record.next()) {
        found.push(idText(record), attributesOf(record), ...marks.filter((other) => record.is(other)));
      }
      return found;
    });
    expect(marked).toEqual(marks.map((mark) => ["a", "", mark, "é", "", mark]));
    expect(marks.some((mark) => recordOf("a").is(mark))).toBe(false);
    // A hash of attributes may have the same upper half.
    const hashed = recordOf("a", '{"n":1}');
    hashed.high = MARK.unsure;
    expect(hashed.is(MARK.unsure)).toBe(false);
  });

  test("are none once a buffer is cleared, and are written from its start", () => {
    const buffer = new RecordBuffer();
    buffer.copy(recordOf("a"));
    buffer.clear();
    expect([buffer.length, buffer.written.length]).toEqual([0, 0]);
    buffer.copy(recordOf("b"));
    expect(read(buffer.written)).toEqual([{ id: "b", attributes: "" }]);
  });

  test("have the same id only if all its bytes are the same", () => {
    const ids = ["", "a", "b", "ab", "ba", "aa", "é"];
    for (const one of ids) {
      for (const other of ids) expect([one, other, sameId(one, other)]).toEqual([one, other, one === other]);
    }
    // As if the hashes of two ids were the same.
    const [one, other] = [recordOf("aa"), recordOf("ab")];
    other.idHash = one.idHash;
    expect(one.hasIdOf(other)).toBe(false);
    const shorter = recordOf("a");
    shorter.idHash = one.idHash;
    expect([one.hasIdOf(shorter), shorter.hasIdOf(one)]).toEqual([false, false]);
  });

  function sameId(one: string, other: string): boolean {
    return recordOf(one, '{"n":1}').hasIdOf(recordOf(other));
  }
});

describe("attributes are the same", () => {
  test.each<[what: string, one: string, other: string, same: boolean]>([
    ["in another order", '{"a":1,"b":2,"c":3}', '{"c":3,"a":1,"b":2}', true],
    ["with a comma in a text, in another order", '{"a":"x,y","b":2}', '{"b":2,"a":"x,y"}', true],
    ["with a quote in a text, in another order", '{"a":"x\\",y","b":2}', '{"b":2,"a":"x\\",y"}', true],
    ["with a backslash at the end of a text", '{"a":"x\\\\","b":2}', '{"b":2,"a":"x\\\\"}', true],
    ["not with parts of a text in another order", '{"a":"x,y"}', '{"a":"y,x"}', false],
    ["not with inner parts of a text in another order", '{"a":"w,x,y,z"}', '{"a":"w,y,x,z"}', false],
    ["not with parts of a text behind a quote in another order", '{"a":"\\",x,y"}', '{"a":"\\",y,x"}', false],
    ["not with values that changed places", '{"a":1,"b":2}', '{"a":2,"b":1}', false],
    ["not with one fewer", '{"a":1,"b":2}', '{"a":1}', false],
    ["not with none", '{"a":1}', "{}", false],
    ["not with a longer last value", '{"a":1}', '{"a":12}', false],
  ])("%s", (_what, one, other, same) => {
    expect(recordOf("x", one).hasAttributesOf(recordOf("y", other))).toBe(same);
  });

  test("only if both halves of their hash are", () => {
    const [one, other] = [recordOf("x", '{"a":1}'), recordOf("x", '{"a":1}')];
    other.low++;
    expect(one.hasAttributesOf(other)).toBe(false);
    other.low--;
    other.high++;
    expect(one.hasAttributesOf(other)).toBe(false);
  });
});

describe("a table of records", () => {
  const ids = fc.array(fc.constantFrom("a", "b", "c", "é", "aa", '\\"', ""), { maxLength: 12 });

  test("finds the last record of each id, and gives out the rest", () => {
    fc.assert(
      fc.property(ids, fc.array(fc.constantFrom("a", "b", "é", "none")), (given, taken) => {
        const records = given.map((id, n) => ({ id, attributes: `{"n":${n}}` }));
        const table = new RecordTable(written(records));
        const model = new Map<string, string>(records.map(({ id, attributes }) => [id, attributes]));
        for (const id of [...given, "none"]) {
          const found = table.find(recordOf(id));
          expect(found && attributesOf(found)).toBe(model.get(id));
        }
        const rest = new Map(model);
        for (const id of taken) {
          const found = table.take(recordOf(id));
          expect(found && attributesOf(found)).toBe(model.get(id));
          rest.delete(id);
        }
        const left = Array.from(table.rest(), (record) => [idText(record), attributesOf(record)] as const);
        expect(left).toHaveLength(rest.size);
        expect(new Map(left)).toEqual(rest);
      }),
    );
  });

  test("keeps the earlier one of two records with one id if that is better", () => {
    const records = [1, 2, 3].map((n) => ({ id: "a", attributes: `{"n":${n}}` }));
    const asked: string[][] = [];
    const table = new RecordTable(written(records), (later, earlier) => {
      asked.push([attributesOf(later), attributesOf(earlier)]);
      return attributesOf(later) === '{"n":2}';
    });
    expect(attributesOf(table.find(recordOf("a"))!)).toBe('{"n":2}');
    expect(asked).toEqual([
      ['{"n":2}', '{"n":1}'],
      ['{"n":3}', '{"n":2}'],
    ]);
  });

  test("finds each of many ids, those that share a place included", () => {
    for (const count of [1, 2, 3, 4, 100, 128]) {
      const records = Array.from({ length: count }, (_, n) => ({ id: `id-${n}`, attributes: `{"n":${n}}` }));
      const table = new RecordTable(written(records));
      const found = records.map(({ id }) => attributesOf(table.find(recordOf(id))!));
      expect(found).toEqual(records.map(({ attributes }) => attributes));
      expect(table.find(recordOf("none"))).toBeUndefined();
      expect([...table.rest()]).toHaveLength(count);
    }
  });
});
