import { expect, test } from "vitest";
import { readCsv } from "../../../src/cli/input/csv.ts";
import { InputFingerprint, RecordEnds } from "../../../src/cli/input/input-fingerprint.ts";
import { type Lines, wholeLines } from "../../../src/cli/input/lines.ts";
import type { RecordsEnd, Rows } from "../../../src/cli/input/row.ts";
import { tableOptions } from "../../../src/cli/input/table-options.ts";

const TABLE = `id,action\n${Array.from({ length: 200 }, (_, id) => `"${id}\n",add\n`).join("")}`;

/** Where the records of a table end if it comes in pieces of a length. */
async function endsOf(text: string, pieceBytes: number, cutAt = 0): Promise<RecordsEnd[]> {
  const bytes = Buffer.from(text);
  const fingerprint = new InputFingerprint(cutAt);

  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  async function* marked(): AsyncGenerator<Lines> {
    for await (const lines of wholeLines(chunks(), "table")) yield* fingerprint.mark(lines);
  }

  const ends: RecordsEnd[] = [];
  let records = 0;
  const table: AsyncIterable<Rows> = readCsv(marked(), "table", ",", tableOptions(), undefined);
  for await (const { rows, end } of table) {
    records += rows.length;
    ends.push({ ...end!, records });
  }
  return ends;
}

test("an end is met again, however the text is cut into pieces the next time", async () => {
  const ends = await endsOf(TABLE, 100);
  expect(ends.length).toBeGreaterThan(10);
  for (const expected of ends) {
    for (const pieceBytes of [1, 7, 333, 1_000_000]) {
      const again = new RecordEnds(expected);
      for (const end of await endsOf(TABLE, pieceBytes, expected.bytes)) expect(again.add(end)).toBe(true);
      expect(again.isMet).toBe(true);
    }
  }
});

test("a changed letter, or another number of records, is noticed before any later record is handed out", async () => {
  const [, , , expected] = await endsOf(TABLE, 100);
  const changed = await endsOf(TABLE.replace('"1\n"', '"2\n"'), 100, expected!.bytes);
  const recounted = { ...expected!, records: expected!.records + 1 };
  for (const [wanted, ends] of [
    [expected!, changed],
    [recounted, await endsOf(TABLE, 100, expected!.bytes)],
  ] as const) {
    const again = new RecordEnds(wanted);
    const refusedAt = ends.find((end) => !again.add(end));
    expect(again.isMet).toBe(false);
    expect(refusedAt?.bytes).toBeGreaterThanOrEqual(wanted.bytes);
  }
});

test("a checkpoint names the shortest known part that holds its records", () => {
  const ends = new RecordEnds();
  const all = [10, 20, 30].map((records) => ({ records, bytes: records * 5, sha256: `${records}` }));
  for (const end of all) ends.add(end);
  expect([0, 10, 11, 30].map((records) => ends.of(records).records)).toEqual([10, 10, 20, 30]);
});
