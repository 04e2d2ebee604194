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

describe("decimals", () => {
  const INT32: Element = { type: "INT32", scale: 2, precision: 9, converted_type: "DECIMAL" };
  const PRICES = [1999n, 115n, 435n, -1n, 500n, 0n];
  const SENT = { 1: 19.99, 2: 1.15, 3: 4.35, 4: -0.01, 5: 5, 6: 0 };

  test.each([
    ["32 bits", INT32],
    ["64 bits", { ...INT32, type: "INT64" } as Element],
    ["bytes", { ...INT32, type: "BYTE_ARRAY" } as Element],
    ["16 bytes", { ...INT32, type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 } as Element],
  ])("of %s are the numbers that they say", async (_, element) => {
    const { audience } = await add({ price: [element, PRICES] });
    expect(audience).toEqual(Object.fromEntries(Object.entries(SENT).map(([id, price]) => [id, { price }])));
  });

  test("that repeat, so that they come from a dictionary, are too", async () => {
    const prices = Array.from({ length: 100 }, (_, at) => PRICES[at % 3]!);
    const { audience } = await add({ price: [INT32, prices] });
    expect(Object.values(audience).slice(0, 3)).toEqual([{ price: 19.99 }, { price: 1.15 }, { price: 4.35 }]);
  });

  test("are known by the logical type alone", async () => {
    const logical_type = { type: "DECIMAL", scale: 2, precision: 9 } as const;
    const { audience } = await add({ price: [{ type: "INT32", logical_type }, [1999, null]] });
    expect(audience).toEqual({ 1: { price: 19.99 }, 2: {} });
  });

  test("of more digits than a number holds are refused", async () => {
    const element: Element = { ...INT32, type: "INT64", precision: 18, scale: 3 };
    const { warnings, audience } = await add({
      a: [element, [123_456_789_012_345n, -1_234_567_890_123_456n, 1_234_567_890_123_450n]],
    });
    expect(warnings).toEqual([
      'warning: a.parquet:2, column "a": expected a number of at most 15 digits, a longer one may be rounded; CAST it AS DOUBLE or VARCHAR, got -1234567890123.456',
    ]);
    expect(audience).toEqual({ 1: { a: 123_456_789_012.345 }, 3: { a: 1_234_567_890_123.45 } });
    expect(rejectedRecords()).toEqual([{ id: "2", a: "-1234567890123.456" }]);
  });

  test("are ids where they are whole, with every digit", async () => {
    const whole: Element = { type: "INT64", converted_type: "DECIMAL", scale: 0, precision: 18 };
    const { audience } = await add({ id: [whole, [42n, 123_456_789_012_345_678n]] });
    expect(Object.keys(audience)).toEqual(["42", "123456789012345678"]);
    const found = await add({ id: [{ ...whole, scale: 2 }, [4200n, 4250n]] });
    expect(Object.keys(found.audience)).toEqual(["42"]);
    expect(found.warnings).toEqual(['warning: a.parquet:2, column "id": expected an id, got 42.5']);
  });

  test("with more decimals than there can be are an error", async () => {
    folder.write("damaged.parquet", parquetOf({ id: [{ ...INT32, scale: 2 ** 31 - 1 }, [1n]] }));
    const { exitCode, stderr } = await runCli(["update", "vips", "damaged.parquet", "--action", "add", "-n"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'error: damaged.parquet: cannot be read as Parquet: the column "id" has 2147483647 decimals',
    );
  });
});

describe("times", () => {
  const AT = new Date("2024-01-02T03:04:05.678Z");
  const LOCAL: Element = {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
  };

  test("that are local need --timezone", async () => {
    const { warnings, audience } = await add({ joined: [LOCAL, [AT, null]] });
    expect(warnings).toEqual([
      'warning: a.parquet:1, column "joined": expected a time in UTC, or --timezone with the one it is from, got 2024-01-02T03:04:05.678',
    ]);
    expect(audience).toEqual({ 2: {} });
    expect(rejectedRecords()).toEqual([{ id: "1", joined: "2024-01-02T03:04:05.678" }]);
  });

  test.each([
    ["MILLIS", "TIMESTAMP_MILLIS"],
    ["MICROS", "TIMESTAMP_MICROS"],
    ["MICROS", undefined],
    ["NANOS", undefined],
  ] as const)("that are local are read with --timezone: %s, %s", async (unit, converted) => {
    const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: false, unit } as const;
    const element: Element = { type: "INT64", logical_type, ...(converted && { converted_type: converted }) };
    const { warnings, audience } = await add({ joined: [element, [AT]] }, "--timezone", "Europe/Paris");
    expect(warnings).toEqual([]);
    expect(audience).toEqual({ 1: { "date(joined)": "2024-01-02T02:04:05.678Z" } });
  });

  test("in UTC are as they are, whatever --timezone says", async () => {
    const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
    const element: Element = { type: "INT64", logical_type };
    const { audience } = await add({ joined: [element, [AT]] }, "--timezone", "Europe/Paris");
    expect(audience).toEqual({ 1: { "date(joined)": "2024-01-02T03:04:05.678Z" } });
  });

  test.each([
    ["the converted type", { type: "INT32", converted_type: "DATE" } as Element],
    ["the logical type", { type: "INT32", logical_type: { type: "DATE" } } as Element],
  ])("that are days, by %s, are midnight in UTC or in --timezone", async (_, element) => {
    const inUtc = await add({ joined: [element, [19_724, null]] });
    expect(inUtc.audience).toEqual({ 1: { "date(joined)": "2024-01-02T00:00:00.000Z" }, 2: {} });
    const inParis = await add({ joined: [element, [19_724]] }, "--timezone", "Europe/Paris");
    expect(inParis.audience).toEqual({ 1: { "date(joined)": "2024-01-01T23:00:00.000Z" } });
  });

  test("beyond what a date can be are refused", async () => {
    const date: Element = { type: "INT32", converted_type: "DATE" };
    const { warnings } = await add({
      joined: [LOCAL, [new Date(Date.UTC(12_024, 0, 2)), null]],
      born: [date, [null, 2 ** 31 - 1]],
    });
    expect(warnings).toEqual([
      'warning: a.parquet:1, column "joined": expected a time from the year 0000 to 9999, got +012024-01-02T00:00:00.000',
      'warning: a.parquet:2, column "born": expected text, a number, a boolean or a time, got a time that no calendar has',
    ]);
    const id = await add({ id: [date, [19_724]] });
    expect(id.warnings).toEqual([
      'warning: a.parquet:1, column "id": expected an id, got 2024-01-02T00:00:00.000Z',
    ]);
  });

  test.each([
    ["TIME_MILLIS", { type: "INT32", converted_type: "TIME_MILLIS" } as Element, 3_600_000],
    ["TIME_MICROS", { type: "INT64", converted_type: "TIME_MICROS" } as Element, 3_600_000_000n],
    [
      "the logical type",
      { type: "INT64", logical_type: { type: "TIME", isAdjustedToUTC: true, unit: "NANOS" } } as Element,
      3_600_000_000_000n,
    ],
  ])("of a day without a date are refused: %s", async (_, element, value) => {
    const { warnings, audience } = await add({ opens: [element, [value, null]] });
    expect(warnings).toEqual([
      'warning: a.parquet:1, column "opens": expected text, a number, a boolean or a time with its date; CAST it AS VARCHAR, got a time of day',
    ]);
    expect(audience).toEqual({ 2: {} });
    expect(rejectedRecords()).toMatchObject([{ id: "1" }]);
  });
});
