// Small Parquet files of which something has changed bytes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import type { SchemaElement } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { ActionEncoder } from "../../../src/actions/encoder.ts";
import { InputReader } from "../../../src/cli/input/input-reader.ts";
import { ORIGIN } from "../../../src/cli/input/row.ts";
import { tableOptions } from "../../../src/cli/input/table-options.ts";
import { type Edit, edited, edits } from "../edits.ts";
import { assert, assertOwn, bytesOf, type Target, textOf } from "../target.ts";

const COLUMNS: ColumnSource[] = [
  { name: "id", data: ["a", "b", "c", "a"], type: "STRING" },
  { name: "action", data: ["add", "add", "remove", "add"], type: "STRING" },
  { name: "city", data: ["Lyon", null, "Nice", "Lyon"], type: "STRING", nullable: true },
  { name: "visits", data: [7n, 8n, 9n, 10n], type: "INT64" },
  { name: "score", data: [1.5, 2.5, null, 3.5], type: "DOUBLE", nullable: true },
  { name: "vip", data: [true, false, true, true], type: "BOOLEAN" },
  { name: "joined", data: [0, 1, 2, 3].map((at) => new Date(at * 1e10)), type: "TIMESTAMP" },
];
const FILES = (["UNCOMPRESSED", "SNAPPY"] as const).flatMap((codec) =>
  [2, 100].map((rowGroupSize) =>
    textOf(new Uint8Array(parquetWriteBuffer({ columnData: COLUMNS, codec, rowGroupSize }))),
  ),
);
/** Of values that hyparquet does not read by itself. Last, so that what is kept in the corpus stays what it is. */
const ELEMENTS: SchemaElement[] = [
  { name: "root", num_children: 6 },
  { name: "id", type: "BYTE_ARRAY", repetition_type: "REQUIRED" },
  { name: "action", type: "BYTE_ARRAY", repetition_type: "REQUIRED" },
  {
    name: "price",
    type: "INT32",
    repetition_type: "REQUIRED",
    converted_type: "DECIMAL",
    scale: 2,
    precision: 9,
  },
  {
    name: "sum",
    type: "BYTE_ARRAY",
    repetition_type: "OPTIONAL",
    converted_type: "DECIMAL",
    scale: 3,
    precision: 38,
  },
  { name: "born", type: "INT32", repetition_type: "REQUIRED", converted_type: "DATE" },
  {
    name: "seen",
    type: "INT64",
    repetition_type: "REQUIRED",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
  },
];
const VALUES: ColumnSource[] = [
  { name: "id", data: ["a", "é", "c", "a"] },
  { name: "action", data: ["add", "add", "remove", "add"] },
  { name: "price", data: [1999n, 115n, -1n, 0n] },
  { name: "sum", data: [1234n, null, -5n, 10n ** 30n] },
  { name: "born", data: [0, 19_724, -1, 1] },
  { name: "seen", data: [0, 1, 2, 3].map((at) => new Date(at * 1e10)) },
];
FILES.push(textOf(new Uint8Array(parquetWriteBuffer({ columnData: VALUES, schema: ELEMENTS }))));
/** Far more than any of them may have. */
const MANY = 100_000;

interface Input {
  file: number;
  edits: Edit[];
}

export const parquet: Target<Input> = {
  name: "parquet",
  input: fc.record({ file: fc.nat(FILES.length - 1), edits }),
  async run(input) {
    const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
    try {
      const path = join(folder, "a.parquet");
      const bytes = bytesOf(edited(FILES[input.file]!, input.edits));
      writeFileSync(path, bytes);
      await read(path, bytes.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function read(path: string, size: number): Promise<void> {
  const source = { path, name: "a.parquet", format: "parquet" as const, size };
  const encoder = new ActionEncoder(4_000_000, () => {}, "actions");
  let rows = 0;
  try {
    const reader = new InputReader([source], { table: tableOptions(), stdin: Readable.from([]) });
    for await (const row of reader.rows) {
      assert(++rows < MANY, "more and more rows");
      JSON.parse(row[ORIGIN].recordJson());
      encoder.encode(row, rows);
    }
  } catch (error) {
    assertOwn(error);
  }
}
