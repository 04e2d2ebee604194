import { mkdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  enterFolder,
  type Folder,
  parseNdjson,
  runCli,
  type Simulator,
  startApi,
} from "../../support/cli.ts";

let folder: Folder;
let api: Simulator;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  api = await startApi();
});

function update(...args: string[]) {
  return runCli(["update", "vips", "--base-url", api.url, "--rate", "Infinity", ...args]);
}

const BAD_ROWS = [
  "id,action,age:number,vip:boolean",
  "1,add,3,",
  "2,add,abc,",
  "3,ad,,",
  "4,add",
  '"a',
  'b",add,,maybe',
  ",add,4,",
  "5,add,12345678901234567890,",
  "6,add,0x10,",
  "7,remove,x,",
].join("\n");

test("each bad row is shown with file, line, column and reason, and nothing is sent", async () => {
  folder.write("bad.csv", BAD_ROWS);
  const { exitCode, stderr } = await update("bad.csv");
  expect(exitCode).toBe(1);
  expect(stderr.split("\n")).toEqual([
    'error: bad.csv:3, column "age": expected a number like 12.5, of at most 15 digits, got "abc"',
    'error: bad.csv:4, column "action": expected "add" or "remove", got the string "ad"',
    "error: bad.csv:5: expected 4 columns as in the header, got 2",
    'error: bad.csv:6, column "vip": expected true or false, t or f, or 1 or 0, got "maybe"',
    'error: bad.csv:8, column "id": expected an id, got a blank string',
    'error: bad.csv:9, column "age": expected a number like 12.5, of at most 15 digits (this one would become 12345678901234567000), got "12345678901234567890"',
    'error: bad.csv:10, column "age": expected a number like 12.5, of at most 15 digits, got "0x10"',
    "Nothing was sent. Correct the input, or leave such records out with --skip-invalid.",
    "",
  ]);
  expect(api.counts.requests).toBe(0);
});

test("--skip-invalid leaves bad rows out, and --rejected lists which and why", async () => {
  folder.write("bad.csv", BAD_ROWS);
  const { exitCode, stderr } = await update("bad.csv", "--skip-invalid", "--rejected", "rejected.ndjson");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: 7 records rejected, see rejected.ndjson\n");
  expect(Object.fromEntries(api.audience("vips").members)).toEqual({ 1: { age: 3 } });
  const rejected = parseNdjson(readFileSync(folder.file("rejected.ndjson"), "utf8")) as { line: number }[];
  expect(rejected.map(({ line }) => line)).toEqual([3, 4, 5, 6, 8, 9, 10]);
  expect(rejected[0]).toEqual({
    file: "bad.csv",
    line: 3,
    index: 1,
    reason: 'column "age": expected a number like 12.5, of at most 15 digits, got "abc"',
    record: { id: "2", action: "add", "age:number": "abc", "vip:boolean": "" },
  });
  expect(rejected[2]).toMatchObject({ record: ["4", "add"] });
});

test("a bad NDJSON record is shown with its line, and all its faults make one entry", async () => {
  const lines = [
    '{"action":"add","id":"1"}',
    "",
    '{"action":"add" "id":"2"}',
    '{"action":"drop","id":7}',
    '{"action":"add",',
    "[]",
  ];
  folder.write("bad.ndjson", lines.join("\n"));
  const { exitCode, stderr } = await update("bad.ndjson", "--skip-invalid", "--rejected", "rejected.ndjson");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("warning: bad.ndjson:3:17: is not JSON: ");
  expect(stderr).toContain("warning: bad.ndjson:4, id: expected a string, got the number 7\n");
  expect(stderr).toContain("warning: bad.ndjson:5:17: is not JSON: ");
  const rejected = parseNdjson(readFileSync(folder.file("rejected.ndjson"), "utf8"));
  expect(rejected).toHaveLength(4);
  expect(rejected[0]).toMatchObject({ line: 3, record: '{"action":"add" "id":"2"}' });
  expect(rejected[1]).toEqual({
    file: "bad.ndjson",
    line: 4,
    index: 2,
    reason:
      'id: expected a string, got the number 7; action: expected "add" or "remove", got the string "drop"',
    record: { action: "drop", id: 7 },
  });
});

test("a line that is no object is not handed back as an action, but reported", async () => {
  api = await startApi({ script: () => ({ status: 401 }) });
  const line = (at: number) => (at === 51 ? '["z","y"]' : `{"id":"${at}"}`);
  folder.write("list.ndjson", Array.from({ length: 60 }, (_, index) => `${line(index + 1)}\n`).join(""));
  const options = ["--action", "add", "--no-spill", "--window", "5", "--skip-invalid"];
  const files = ["--undelivered", "undelivered.ndjson", "--rejected", "rejected.ndjson"];
  const { exitCode, stderr } = await update("list.ndjson", ...options, ...files);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    'warning: list.ndjson:51: expected an action, {"action":"add","id":"42"}, got ["z","y"]',
  );
  const undelivered = parseNdjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"));
  expect(undelivered).toHaveLength(59);
  const [rejected] = parseNdjson(readFileSync(folder.file("rejected.ndjson"), "utf8"));
  expect(rejected).toMatchObject({ line: 51, record: ["z", "y"] });
});

test.each(["9007199254740993", "12345678901234567890", "-9007199254740992.0", "1e20"])(
  "the number %s in NDJSON would be rounded, so it is refused",
  async (number) => {
    folder.write(
      "large.ndjson",
      `{"action":"add","id":"1","attributes":{"ok":9007199254740991,"n":${number}}}\n`,
    );
    const { exitCode, stderr } = await update("large.ndjson");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "error: large.ndjson:1, attributes.n: expected a number of at most 15 digits, a larger one may be rounded; write it as text, in quotes\n",
    );
    expect(api.counts.requests).toBe(0);
  },
);

test.each([
  ["1234567890123456.7", "1234567890123456.8"],
  ["3.0000000000000001", "3"],
  ["-1e-400", "0"],
  ["1e400", "Infinity"],
])("the number %s in NDJSON would become %s, so it is refused", async (number, held) => {
  // Text that looks like a number, also behind an escaped quote, is text.
  const others = '"text":"a\\":1e-400","\\"quoted\\"":0.30000000000000004,"zero":0.0000000000000000000';
  const line = (n: string) => `{"action":"add","id":"1e-400","attributes":{${others}, "\\u006e" :\t${n} }}\n`;
  folder.write("rounded.ndjson", line(number));
  const { exitCode, stderr } = await update("rounded.ndjson");
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `error: rounded.ndjson:1, attributes.n: expected a number of at most 15 digits, this one would become ${held}; write it as text, in quotes\n`,
  );
  expect(api.counts.requests).toBe(0);
});

test("numbers in NDJSON that are held as they are pass, however they are written", async () => {
  const attributes =
    '{"a":0.30000000000000004,"b":25e-1,"c":1.50000000000000000000,"d":0e-400,"e":":1e-400"}';
  folder.write("held.ndjson", `{"action":"add","id":"1","attributes":${attributes}}\n`);
  expect(await update("held.ndjson")).toMatchObject({ exitCode: 0 });
  const sent = api.audience("vips").members.get("1");
  expect(sent).toEqual({ a: 0.30000000000000004, b: 2.5, c: 1.5, d: 0, e: ":1e-400" });
});

test("a line of one long text and a long number is read at once", async () => {
  const attributes = `{"a":"${"x".repeat(3_000_000)}","n":1.${"0".repeat(200_000)}1}`;
  folder.write("long.ndjson", `{"action":"add","id":"1","attributes":${attributes}}\n`);
  const started = performance.now();
  const { stderr } = await update("long.ndjson");
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(stderr).toContain("attributes.n: expected a number of at most 15 digits, this one would become 1;");
});

test("the same mistake in every row is shown once, with how often", async () => {
  folder.write("names.csv", "id,action,First Name\n1,add,x\n2,add,y\n3,add,z\n");
  const { stderr } = await update("names.csv");
  expect(stderr).toMatch(
    /^error: names\.csv:2, column "First Name": expected an attribute name .* \(and 2 more like it\)\n/,
  );
});

test.each([
  [
    "a column of ids with a space",
    "id ,action\n1,add\n",
    'bad.csv:1: no column "id", did you mean --id-column "id "?',
  ],
  ["no column of ids", "ID,action\n1,add\n", 'bad.csv:1: no column "id", did you mean --id-column ID?'],
  ["another separator", "id;action\n1;add\n", "is it separated by something else?"],
  ["no action", "id,age\n1,2\n", 'bad.csv:1: no column "action": add --action add'],
  ["a column twice", "id,action,age,age\n", 'the column "age" is there twice'],
  ["an attribute twice", "id,action,age,age:number\n", 'two columns name the attribute "age"'],
  ["a column without a name", "id,action,\n", "column 3 has no name"],
  ["an unknown type", "id,action,age:numer\n", 'got "numer", did you mean number?'],
  ["no header", "", "bad.csv: is empty, expected a header line"],
])("a header with %s ends the run before it begins", async (_, text, message) => {
  folder.write("bad.csv", text);
  const { exitCode, stdout, stderr } = await update("bad.csv");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a column of actions and --add for the same file contradict each other", async () => {
  folder.write("both.csv", "id,action\n1,remove\n");
  const { exitCode, stderr } = await update("--add", "both.csv");
  expect(exitCode).toBe(2);
  expect(stderr).toContain('its column "action" says what to do');
});

test("invalid UTF-8 is shown with line and column, and the records before it are not lost", async () => {
  const text = Buffer.concat([
    Buffer.from("id,action\n1,add\nab"),
    Buffer.from([0xe9]),
    Buffer.from(",add\n2,add\n"),
  ]);
  folder.write("latin.csv", text);
  const { exitCode, stderr } = await update("latin.csv", "--undelivered", "undelivered.ndjson");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: latin.csv:3:3: is not UTF-8 here; ");
  expect(readFileSync(folder.file("undelivered.ndjson"), "utf8")).toBe('{"action":"add","id":"1"}\n');
});

test("UTF-16 is recognised", async () => {
  folder.write("wide.csv", Buffer.from("\ufeffid,action\n1,add\n", "utf16le"));
  const { exitCode, stderr } = await update("wide.csv");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: wide.csv:1: is UTF-16, expected UTF-8");
});

test("a file whose lines end with carriage returns alone is refused, and says how to convert it", async () => {
  folder.write("optout.csv", "id,reason\rA,x\rB,y\r");
  folder.write("long.csv", `id\r${"1234567\r".repeat(600_000)}`);
  const advice = "if each line ends with a carriage return, tr '\\r' '\\n' converts the file\n";
  const { exitCode, stderr } = await update("--remove", "optout.csv");
  expect([exitCode, stderr]).toEqual([
    1,
    `error: optout.csv:1, column 2: a carriage return stands there outside of quotes; ${advice}`,
  ]);
  const long = await update("long.csv", "--action", "add");
  expect([long.exitCode, long.stderr]).toEqual([
    1,
    `error: long.csv:1: the line is longer than 4000000 bytes; ${advice}`,
  ]);
});

test("an unterminated quote far into a file is shown with the line on which its record begins", async () => {
  const row = (id: number) => `${id},add,"name, ${id}"\n`;
  const rows = Array.from({ length: 80_000 }, (_, index) => row(index + 1));
  rows[70_000 - 1] = '70000,add,"never closed\n';
  // Without another quote, nothing ends the value before the file does.
  for (let at = 70_000; at < rows.length; at++) rows[at] = `${at + 1},add,name\n`;
  folder.write("quote.csv", `id,action,name\n${rows.join("")}`);
  const { exitCode, stderr } = await update("quote.csv");
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    'error: quote.csv:70001, column "name": a quote is opened and not closed, or stands inside a value',
  );
});

test("a directory, a missing file and an unknown format are refused before anything is sent", async () => {
  mkdirSync(folder.file("folder.csv"), { recursive: true });
  folder.write("ids.txt", "1\n");
  folder.write("good.csv", "id,action\n1,add\n");
  const results = await Promise.all(
    ["folder.csv", "missing.csv", "ids.txt"].map((name) => update("good.csv", name)),
  );
  expect(results.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2]);
  expect(results.map(({ stderr }) => stderr)).toEqual([
    "error: folder.csv: is a directory, name the files in it\n",
    "error: missing.csv: no such file or directory\n",
    "error: ids.txt: no extension names the format, add --format csv or tsv or ndjson or parquet\n",
  ]);
  expect(api.counts.requests).toBe(0);
});

test("gzip that breaks off, and a file that is not gzip, are errors", async () => {
  const packed = gzipSync(`id,action\n${Array.from({ length: 5000 }, (_, id) => `${id},add\n`).join("")}`);
  folder.write("cut.csv.gz", packed.subarray(0, packed.length / 2));
  folder.write("plain.csv.gz", "id,action\n1,add\n");
  const [cut, plain] = await Promise.all([update("cut.csv.gz"), update("plain.csv.gz")]);
  expect(cut).toMatchObject({ exitCode: 1 });
  expect(cut.stderr).toContain("error: cut.csv.gz: is broken as gzip: unexpected end of file\n");
  expect(plain).toMatchObject({ exitCode: 1 });
  expect(plain.stderr).toContain("error: plain.csv.gz: is broken as gzip: incorrect header check\n");
});

test.each(["empty.ndjson.gz", "empty.csv.gz", "EMPTY.NDJSON.GZ"])(
  "%s of no bytes is an error: its transfer failed",
  async (name) => {
    folder.write(name, "");
    const { exitCode, stderr } = await update(name);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error: ${name}: is broken as gzip: unexpected end of file\n`);
  },
);

test("an empty file that is not gzip has no records", async () => {
  folder.write("empty.ndjson", "");
  expect(await update("empty.ndjson")).toMatchObject({ exitCode: 0 });
});

test.each([
  ["a few", 20],
  ["many", 300_000],
])("gzip data behind %s zero bytes are an error, and those bytes alone are not", async (_, zeros) => {
  const packed = gzipSync('{"action":"add","id":"1"}\n');
  const padded = Buffer.concat([packed, Buffer.alloc(zeros)]);
  folder.write("padded.ndjson.gz", padded);
  folder.write("hidden.ndjson.gz", Buffer.concat([padded, gzipSync('{"action":"add","id":"2"}\n')]));
  expect(await update("padded.ndjson.gz")).toMatchObject({ exitCode: 0 });
  expect(api.audience("vips").members.size).toBe(1);
  const { exitCode, stderr } = await update("hidden.ndjson.gz");
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `error: hidden.ndjson.gz: is broken as gzip: behind byte ${packed.length} come zero bytes, and more data that cannot be unpacked; pack the whole text again\n`,
  );
});

const SPREADSHEET =
  "is a spreadsheet: save it as CSV (UTF-8), in Excel by File > Save As, in LibreOffice by soffice --convert-to csv";

test.each([
  ["book.xlsx", "504b0304", SPREADSHEET],
  ["book.xls", "d0cf11e0", SPREADSHEET],
  [
    "ids.csv.zip",
    "504b0304",
    "is a zip archive: unzip -p unpacks it, pipe that in with --format; a workbook of Excel has to be saved as CSV (UTF-8)",
  ],
  [
    "ids.csv.bz2",
    "425a6839314159265359",
    "is packed with bzip2: bzip2 -dc unpacks it, pipe that in with --format",
  ],
  ["ids.csv.xz", "fd377a585a00", "is packed with xz: xz -dc unpacks it, pipe that in with --format"],
  ["ids.csv.zst", "28b52ffd", "is packed with zstd: zstd -dc unpacks it, pipe that in with --format"],
])("%s is refused with what to do, also under another name", async (name, magic, message) => {
  const bytes = Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(100)]);
  folder.write(name, bytes);
  expect(await update(name)).toMatchObject({ exitCode: 2, stderr: `error: ${name}: ${message}\n` });
  folder.write("renamed.csv", bytes);
  const renamed = await update("renamed.csv");
  expect(renamed.exitCode).toBe(1);
  expect(renamed.stderr).toMatch(/^error: renamed\.csv: is (a spreadsheet|a zip archive|packed with \w+)/);
});

test("messages quote only the start of what is long", async () => {
  const long = "x".repeat(1_000_000);
  folder.write("one.csv", `${long}\n1\n`);
  folder.write("many.csv", `${Array.from({ length: 200_000 }, (_, at) => `c${at}`).join(",")}\n1\n`);
  folder.write("type.csv", `id,action,${long}:${long}\n1,add,x\n`);
  folder.write("key.ndjson", `{"action":"add","id":"1","attributes":{"${long}":1},"${long}":1}\n`);
  folder.write("action.ndjson", `{"action":"${long}","id":"1"}\n`);
  for (const args of [["one.csv"], ["many.csv"], ["type.csv"], ["key.ndjson"], ["--add", "action.ndjson"]]) {
    const { exitCode, stderr } = await update(...args);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr.length).toBeLessThan(1000);
  }
});
