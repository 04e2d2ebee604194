import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, idText, Tally } from "../../src/mirror/compare.ts";
import { MARK, RecordBuffer, RecordCursor, RecordMaker } from "../../src/mirror/record.ts";

/** A record of an id: with attributes, which are JSON, or with a mark. */
interface Given {
  id: string;
  what: string | "unsure" | "invalid";
}

const DECODER = new TextDecoder();
const HASHES = ["", '{"a":1}', '{"a":2}'];

function written(given: Given[], withAttributes: boolean): Uint8Array {
  const maker = new RecordMaker();
  const buffer = new RecordBuffer();
  for (const { id, what } of given) {
    if (what === "unsure" || what === "invalid") buffer.copy(maker.mark(id, MARK[what]));
    else if (withAttributes) buffer.copy(maker.make(id, what));
    else buffer.copyWithoutAttributes(maker.make(id, what));
  }
  return buffer.written;
}

/** What was written, by id: the mark, or the attributes of which it has the hash. With the text that it holds. */
function read({ written }: RecordBuffer): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const record = new RecordCursor(written);
  while (record.next()) {
    const same = HASHES.filter((text) => record.hasAttributesOf(new RecordMaker().make("x", text)));
    const marks = Object.entries(MARK).filter(([, mark]) => record.is(mark));
    const held = DECODER.decode(record.bytes.subarray(record.attributesFrom, record.end));
    found[idText(record)] = [...same, ...marks.map(([name]) => name), `holds ${held}`];
  }
  return found;
}

interface Partition {
  snapshot: Given[];
  unfinished: string[];
  listed: Given[];
}

function compared({ snapshot, unfinished, listed }: Partition, replacement = false) {
  const tally = new Tally();
  const difference = compare(
    {
      snapshot: written(snapshot, false),
      unfinished: written(
        unfinished.map((id) => ({ id, what: "" })),
        true,
      ),
      listed: written(listed, true),
    },
    tally,
    replacement,
  );
  const { removes, adds, unsure, snapshot: next } = difference;
  return { removes: read(removes), adds: read(adds), unsure: read(unsure), snapshot: read(next), tally };
}

/** What must come out, in the plainest words. */
function expected({ snapshot, unfinished, listed }: Partition, replacement: boolean) {
  const result = {
    removes: {} as Record<string, string[]>,
    adds: {} as Record<string, string[]>,
    unsure: {} as Record<string, string[]>,
    snapshot: {} as Record<string, string[]>,
  };
  const counts = { members: 0, added: 0, changed: 0, removed: 0, unchanged: 0, duplicates: 0 };
  const lasts = new Map<string, string>();
  for (const { id, what } of listed) {
    const before = lasts.get(id);
    if (what === "invalid") lasts.set(id, before ?? what);
    else {
      if (before !== undefined && before !== "invalid") counts.duplicates++;
      lasts.set(id, what);
    }
  }
  const before = new Map(snapshot.map(({ id, what }) => [id, what]));
  for (const id of unfinished) before.set(id, "unsure");
  const mark = ["unsure", "holds "];
  let expectedIds = 0;
  for (const id of new Set([...before.keys(), ...lasts.keys()])) {
    const [was, is] = [before.get(id), lasts.get(id)];
    const isMember = is !== undefined && is !== "invalid";
    if (isMember) {
      const as = was === undefined ? "added" : was === is ? "unchanged" : "changed";
      counts[as]++;
      counts.members++;
      expectedIds++;
      if (as !== "unchanged" || replacement) result.adds[id] = [is, `holds ${is}`];
      result.snapshot[id] = [is, "holds "];
    } else if (was !== undefined && (is === undefined || replacement)) {
      counts.removed++;
      if (!replacement) result.removes[id] = mark;
    } else if (was === "unsure") {
      result.unsure[id] = mark;
      result.snapshot[id] = mark;
    } else if (was !== undefined) {
      expectedIds++;
      result.snapshot[id] = [was, "holds "];
    }
  }
  return { ...result, tally: { ...counts, known: before.size, expected: expectedIds } };
}

const ids = fc.constantFrom("a", "b", "c", "é", "aa", "d");
const attributes = fc.constantFrom(...HASHES);
const given = (...marks: string[]) =>
  fc.record({ id: ids, what: fc.oneof(attributes, fc.constantFrom(...marks)) });
const partitions: fc.Arbitrary<Partition> = fc.record({
  snapshot: fc.uniqueArray(given("unsure"), { selector: ({ id }) => id }),
  unfinished: fc.uniqueArray(ids, { maxLength: 3 }),
  listed: fc.array(given("invalid"), { maxLength: 10 }),
});

test.each([false, true])("a comparison decides as the rules say, with a replacement: %s", (replacement) => {
  fc.assert(
    fc.property(partitions, (partition) => {
      const { tally: counts, ...difference } = expected(partition, replacement);
      const { tally, ...found } = compared(partition, replacement);
      expect(found).toEqual(difference);
      expect(tally).toMatchObject(counts);
    }),
    { numRuns: 300 },
  );
});

describe("the sample of what is removed", () => {
  const snapshot = ["a", "b", "c", "d", "e", "f"].map((id) => ({ id, what: "" }));

  test("has the first five", () => {
    const { tally } = compared({ snapshot, unfinished: [], listed: [] });
    expect([tally.removed, tally.removedSample]).toEqual([6, ["a", "b", "c", "d", "e"]]);
  });

  test("has what a replacement removes", () => {
    const { tally } = compared({ snapshot, unfinished: [], listed: [{ id: "a", what: "" }] }, true);
    expect(tally.removedSample).toEqual(["b", "c", "d", "e", "f"]);
  });
});
