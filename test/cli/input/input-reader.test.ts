import { appendFileSync, truncateSync } from "node:fs";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findInputs } from "../../../src/cli/input/find-inputs.ts";
import { InputReader } from "../../../src/cli/input/input-reader.ts";
import { ORIGIN } from "../../../src/cli/input/row.ts";
import { tableOptions } from "../../../src/cli/input/table-options.ts";
import { enterFolder, type Folder } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("first.csv", "id,action\n1,add\n2,add\n");
  folder.write("second.ndjson", '\n{"action":"remove","id":"3"}\n{"action":"add","id":"4"}\n');
});
afterAll(() => folder.remove());

async function createReader(): Promise<InputReader> {
  const inputs = await findInputs([{ path: "first.csv" }, { path: "second.ndjson" }], {});
  return new InputReader(inputs, { table: tableOptions(), stdin: Readable.from([]) });
}

test("each row carries where it comes from", async () => {
  const reader = await createReader();
  const seen: unknown[] = [];
  for await (const row of reader.rows) seen.push([row.id, row[ORIGIN].file, row[ORIGIN].line]);
  expect(seen).toEqual([
    ["1", "first.csv", 2],
    ["2", "first.csv", 3],
    ["3", "second.ndjson", 2],
    ["4", "second.ndjson", 3],
  ]);
  expect(reader.records).toBe(4);
  expect(reader.bytesRead).toBe(reader.size);
});

test("a row that was asked for and not taken is the first of the rest", async () => {
  const reader = await createReader();
  const rows = reader.rows[Symbol.asyncIterator]();
  await rows.next();
  // The library asks for it, and is stopped before it comes.
  void rows.next();
  const rest: unknown[] = [];
  for await (const { row, index } of reader.rest(1)) rest.push([index, row.id]);
  expect(rest).toEqual([
    [1, "2"],
    [2, "3"],
    [3, "4"],
  ]);
});

test.each([
  [
    "is cut",
    (path: string) => truncateSync(path, 12),
    /first\.csv: was cut while it was read: 12 of 22 bytes are left/,
  ],
  [
    "grows",
    (path: string) => appendFileSync(path, "3,add\n"),
    /first\.csv: grew while it was read, from 22 to 28 bytes/,
  ],
])("a file that %s while it is read is an error", async (_, change, message) => {
  folder.write("first.csv", "id,action\n1,add\n2,add\n");
  const reader = await createReader();
  change("first.csv");
  const rows = (async () => {
    for await (const row of reader.rows) expect(row.id).not.toBe("4");
  })();
  await expect(rows).rejects.toThrow(message);
});
