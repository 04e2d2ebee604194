import { readFileSync } from "node:fs";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enterFolder, type Folder, parseNdjson, runCli, startApi } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

type Element = Omit<SchemaElement, "name">;

const TEXT: Element = { type: "BYTE_ARRAY", converted_type: "UTF8" };
const BYTES: Element = { type: "BYTE_ARRAY" };
const NO_TEXT = new Uint8Array([0xff, 0xfe]);
const NO_TEXT_EITHER = new Uint8Array([0x80, 0x81]);

type Columns = Record<string, [Element, unknown[]]>;

/** A file with these columns; one of ids is among them, or is put before them. */
function parquetOf(columns: Columns): Buffer {
  const [[, rows]] = Object.values(columns) as [[Element, unknown[]]];
  const all = { ...(!("id" in columns) && { id: [TEXT, rows.map((_, at) => `${at + 1}`)] }), ...columns };
  const fields = Object.entries(all) as [string, [Element, unknown[]]][];
  const columnData = fields.map(([name, [, data]]) => ({ name, data }));
  const elements = fields.map(([name, [element]]) => {
    return { name, repetition_type: "OPTIONAL" as const, ...element };
  });
  const schema = [{ name: "root", num_children: fields.length }, ...elements];
  return Buffer.from(parquetWriteBuffer({ columnData, schema, codec: "UNCOMPRESSED" }));
}

/** Adds the rows of such a file. */
async function add(columns: Columns | Buffer, ...args: string[]) {
  folder.write("a.parquet", Buffer.isBuffer(columns) ? columns : parquetOf(columns));
  const api = await startApi();
  const delivery = ["--base-url", api.url, "--rate", "Infinity"];
  const settings = [...delivery, "--skip-invalid", "--rejected", "bad.ndjson"];
  const { stderr } = await runCli(["update", "vips", "a.parquet", "--action", "add", ...settings, ...args]);
  const warnings = stderr.split("\n").filter((line) => line.startsWith("warning: a.parquet:"));
  return { warnings, audience: Object.fromEntries(api.audience("vips").members) };
}

function rejectedRecords(): unknown[] {
  const rejected = parseNdjson(readFileSync(folder.file("bad.ndjson"), "utf8")) as { record: unknown }[];
  return rejected.map(({ record }) => record);
}

describe("bytes", () => {
  test.each([
    ["without an annotation", BYTES],
    ["that are said to be text", TEXT],
    ["of an enumeration", { type: "BYTE_ARRAY", converted_type: "ENUM" } as Element],
  ])("%s are text where they are UTF-8, else their row is refused", async (_, element) => {
    const { warnings, audience } = await add({ id: [element, [NO_TEXT, "é", NO_TEXT_EITHER, "\uFEFFé"]] });
    const reason = "expected an id in UTF-8; write bytes as hexadecimal text, got binary data";
    expect(warnings).toEqual([`warning: a.parquet:1, column "id": ${reason} (and 1 more like it)`]);
    expect(Object.keys(audience)).toEqual(["é", "\uFEFFé"]);
  });

  test("that repeat, so that they come from a dictionary, are refused too", async () => {
    const ids = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? NO_TEXT : NO_TEXT_EITHER));
    const { audience } = await add({ id: [TEXT, ids] });
    expect(audience).toEqual({});
  });

  test("are no attribute, and hexadecimal in the file of rejected records", async () => {
    const { warnings, audience } = await add({ hash: [BYTES, [NO_TEXT, null, "plain"]] });
    expect(warnings).toEqual([
      'warning: a.parquet:1, column "hash": expected text in UTF-8, a number, a boolean or a time; write bytes as hexadecimal text, got binary data',
    ]);
    expect(audience).toEqual({ 2: {}, 3: { hash: "plain" } });
    expect(rejectedRecords()).toEqual([{ id: "1", hash: "fffe" }]);
  });

  test("of a JSON column that are no UTF-8 are refused", async () => {
    const bytes = parquetOf({ a: [{ type: "BYTE_ARRAY", converted_type: "JSON" }, ["ÿ", "b"]] });
    for (let at = bytes.indexOf("ÿ"); at >= 0; at = bytes.indexOf("ÿ")) bytes[at] = 0xff;
    const { audience } = await add(bytes);
    expect(audience).toEqual({ 2: { a: "b" } });
  });
});
