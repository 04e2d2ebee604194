// Small Parquet files of which something has changed bytes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
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
