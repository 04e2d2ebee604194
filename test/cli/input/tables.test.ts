import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enterFolder, type Folder, runCli, type Simulator, startApi } from "../../support/cli.ts";

let folder: Folder;
let api: Simulator;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

interface Table {
  /** Default: `table.csv`. */
  name?: string;
  text: string;
  args?: string[];
}

/** What the audience holds after an update by a table, or the one error that it ends with. */
async function updateBy({ name = "table.csv", text, args = [] }: Table): Promise<unknown> {
  api = await startApi();
  folder.write(name, text);
  const { exitCode, stderr } = await runCli([
    ...["update", "vips", name, "--base-url", api.url, "--rate", "Infinity"],
    ...args,
  ]);
  if (exitCode !== 0) return stderr.split("\n")[0];
  return Object.fromEntries(api.audience("vips").members);
}

describe("null", () => {
  test("an empty cell and what PostgreSQL and MySQL write for null are no attribute", async () => {
    const text = "id\taction\tcity\tage:number\n1\tadd\t\\N\t\\N\n2\tadd\tLyon\t\n";
    expect(await updateBy({ name: "table.tsv", text })).toEqual({ 1: {}, 2: { city: "Lyon" } });
    const commas = text.replaceAll("\t", ",");
    expect(await updateBy({ text: commas })).toEqual({ 1: {}, 2: { city: "Lyon" } });
  });

  test("--null names other texts, each in place of \\N", async () => {
    const text = "id,action,city,nick\n1,add,NULL,n/a\n2,add,\\N,\n";
    const args = ["--null", "NULL", "--null", "n/a"];
    expect(await updateBy({ text, args })).toEqual({ 1: {}, 2: { city: "\\N" } });
  });

  test("a null is no id", async () => {
    const error = 'error: table.csv:2, column "id": expected an id, got "\\\\N", which stands for no value';
    expect(await updateBy({ text: "id,action\n\\N,add\n" })).toBe(error);
  });
});

test("booleans are read as PostgreSQL writes them", async () => {
  const text = "id,action,vip:boolean\n1,add,t\n2,add,f\n3,add,TRUE\n";
  expect(await updateBy({ text })).toEqual({ 1: { vip: true }, 2: { vip: false }, 3: { vip: true } });
});

describe("numbers", () => {
  const read = async (cell: string) => {
    const found = await updateBy({ text: `id,action,n:number\n1,add,${cell}\n` });
    return typeof found === "string" ? found : (found as { 1: object })[1];
  };

  test.each([
    ["+0012.50", 12.5],
    ["-.5", -0.5],
    ["12.", 12],
    ["0", 0],
    ["-0.000", 0],
    ["0e-400", 0],
    ["9007199254740991", 9007199254740991],
    ["1234567890.12345", 1234567890.12345],
    ["0.00000000000000000000012", 1.2e-22],
    // What programs write for the double that is nearest to 0.1 + 0.2 has 17 digits, and means no other one.
    ["0.30000000000000004", 0.30000000000000004],
    ["1.50000000000000000000", 1.5],
    ["1.2E+3", 1200],
    ["25e-1", 2.5],
  ])("%s is sent as it is", async (cell, n) => {
    expect(await read(cell)).toEqual({ n });
  });

  test.each([
    ["1234567890123456.7", "1234567890123456.8"],
    ["0.12345678901234567890", "0.12345678901234568"],
    ["3.0000000000000001", "3"],
    ["9007199254740993", "9007199254740992"],
    ["1e-400", "0"],
    ["-1e400", "-Infinity"],
  ])("%s is refused: a number holds only %s", async (cell, held) => {
    expect(await read(cell)).toBe(
      `error: table.csv:2, column "n": expected a number like 12.5, of at most 15 digits (this one would become ${held}), got "${cell}"`,
    );
  });

  test("a long cell that is no number is refused at once", async () => {
    const started = performance.now();
    expect(await read(`${"1".repeat(200_000)}x`)).toContain("expected a number like 12.5");
    expect(await read(`1.${"0".repeat(200_000)}1`)).toContain("(this one would become 1)");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("times", () => {
  async function read(cell: string, ...args: string[]): Promise<unknown> {
    const found = await updateBy({ text: `id,action,date(joined)\n1,add,"${cell}"\n`, args });
    return typeof found === "string" ? found : (found as { 1: object })[1];
  }

  test.each([
    ["of PostgreSQL", "2024-01-02 03:04:05+00", "2024-01-02T03:04:05Z"],
    ["of PostgreSQL, with a fraction", "2024-01-02 03:04:05.123456+05:30", "2024-01-01T21:34:05.123456Z"],
    ["of PostgreSQL, a date", "2024-01-02", "2024-01-02T00:00:00Z"],
    ["of ISO 8601, UTC", "2024-01-02T03:04:05.5Z", "2024-01-02T03:04:05.5Z"],
    ["of ISO 8601, an offset without a colon", "2024-01-02T03:04-0800", "2024-01-02T11:04:00Z"],
    ["of PostgreSQL, the offset furthest from UTC", "2024-01-02 03:04:05-15:59", "2024-01-02T19:03:05Z"],
    ["of SQLite, with UTC", "2024-02-29 23:59 UTC", "2024-02-29T23:59:00Z"],
  ])("%s: %s", async (_what, cell, expected) => {
    expect(await read(cell)).toEqual({ "date(joined)": expected });
  });

  test.each([
    ["2024-01-02 03:04:05", "+01:00", "2024-01-02T02:04:05Z"],
    ["2024-01-02 03:04:05", "-05:00", "2024-01-02T08:04:05Z"],
    ["2024-01-02 03:04:05", "UTC", "2024-01-02T03:04:05Z"],
    ["2024-01-02 03:04:05.25", "Europe/Paris", "2024-01-02T02:04:05.25Z"],
    ["2024-07-02 03:04:05", "Europe/Paris", "2024-07-02T01:04:05Z"],
    ["2024-07-02", "Europe/Paris", "2024-07-01T22:00:00Z"],
    // It comes twice: the first is meant.
    ["2024-10-27 02:30:00", "Europe/Paris", "2024-10-27T00:30:00Z"],
    // It is left out: the clocks go from 2:00 to 3:00.
    ["2024-03-31 02:30:00", "Europe/Paris", "2024-03-31T01:30:00Z"],
    // Its own offset counts.
    ["2024-01-02 03:04:05+00", "Europe/Paris", "2024-01-02T03:04:05Z"],
  ])("%s, --timezone %s", async (cell, timezone, expected) => {
    expect(await read(cell, "--timezone", timezone)).toEqual({ "date(joined)": expected });
  });

  test("a time without an offset needs --timezone", async () => {
    expect(await read("2024-01-02 03:04:05")).toBe(
      'error: table.csv:2, column "date(joined)": expected a time with an offset, like 2026-01-02 03:04:05+00, or --timezone with the one it is from, got "2024-01-02 03:04:05"',
    );
  });

  const outOfRange = ["2024-01-02 03:04:05+99:99", "2024-01-02 03:04:05+16", "2024-01-02 03:04:05-0160"];

  test.each([...outOfRange, "2024-02-30", "2024-01-02 25:00:00+00", "02/01/2024", "1704164645", "infinity"])(
    "%s is no time",
    async (cell) => {
      expect(await read(cell)).toContain("expected a date or a time, like 2026-01-02");
    },
  );

  test.each(["Paris", "+99:99", "+16", "-0160"])("--timezone %s is none", async (timezone) => {
    expect(await read("2024-01-02", "--timezone", timezone)).toBe(
      `error: --timezone: expected a name like Europe/Paris, or an offset like +01:00, got "${timezone}"`,
    );
  });
});

describe("separators", () => {
  test("a table of Excel in a country with a decimal comma is read", async () => {
    const text = 'id;action;score:number;city\r\n1;add;12,5;"Lyon; 3e"\r\n2;add;-3;\r\n';
    const args = ["--delimiter", ";", "--decimal", ","];
    expect(await updateBy({ text, args })).toEqual({
      1: { score: 12.5, city: "Lyon; 3e" },
      2: { score: -3 },
    });
  });

  test("with a decimal comma, a point is refused: it may stand for thousands", async () => {
    const args = ["--delimiter", ";", "--decimal", ","];
    expect(await updateBy({ text: "id;action;n:number\n1;add;1.500\n", args })).toBe(
      'error: table.csv:2, column "n": expected a number like 12,5, of at most 15 digits (--decimal . reads . as the decimal sign), got "1.500"',
    );
    expect(await updateBy({ text: 'id,action,n:number\n1,add,"12,5"\n' })).toBe(
      'error: table.csv:2, column "n": expected a number like 12.5, of at most 15 digits (--decimal , reads , as the decimal sign), got "12,5"',
    );
  });

  test.each([
    ["id;action;city", '";"'],
    ["id\taction\tcity", "tab"],
    ["id|action|city", '"|"'],
  ])("%j suggests --delimiter %s", async (text, delimiter) => {
    const error = await updateBy({ text: `${text}\n`, args: ["--dry-run"] });
    expect(error).toMatch(/^error: table\.csv:1: no column "id": the header is the one column "/);
    expect(error).toContain(`is it separated by something else? Try --delimiter ${delimiter}`);
  });

  test.each(["tab", "\\t"])("--delimiter %s is a tab", async (delimiter) => {
    const text = "id\taction\n1\tadd\n";
    expect(await updateBy({ text, args: ["--delimiter", delimiter] })).toEqual({ 1: {} });
  });

  test.each([";;", '"'])("--delimiter %s is refused", async (delimiter) => {
    const error = await updateBy({ text: "id\n", args: ["--delimiter", delimiter] });
    expect(error).toContain("error: --delimiter: expected one character that is no quote, or tab, got");
  });
});

describe("columns", () => {
  test("a file without a header is read by --columns", async () => {
    const text = "1,add,Lyon,36\n2,remove,,\n";
    const args = ["--no-header", "--columns", "id,action,city,age:number"];
    expect(await updateBy({ text, args })).toEqual({ 1: { city: "Lyon", age: 36 } });
    expect(await updateBy({ text, args: ["--columns", "id"] })).toContain("add --no-header");
    expect(await updateBy({ text, args: ["--no-header"] })).toContain("--columns id,action,city");
  });

  test("a first row that looks like one suggests --no-header", async () => {
    const error = 'error: table.csv:1: no column "id", the header has "42", "add", "Lyon"; ';
    expect(await updateBy({ text: "42,add,Lyon\n" })).toBe(
      `${error}if that is a row, add --no-header --columns with the names`,
    );
  });

  const names = "E-mail,Ville,Âge,Inscription,action,internal\n";
  const row = "a@b.fr,Lyon,36,2024-01-02,add,x\n";
  const map = ["E-mail=id", "Ville=city", "Âge=age:number", "Inscription=date(joined)"];
  const mapped = map.flatMap((pair) => ["--map", pair]);

  test("--map gives columns their names and types, --ignore leaves one out", async () => {
    expect(await updateBy({ text: names + row, args: [...mapped, "--ignore", "internal"] })).toEqual({
      "a@b.fr": { city: "Lyon", age: 36, "date(joined)": "2024-01-02T00:00:00Z" },
    });
  });

  test("a bad cell is shown with the column's own name", async () => {
    const text = names + row.replace("36", "old");
    expect(await updateBy({ text, args: [...mapped, "--ignore", "internal"] })).toBe(
      'error: table.csv:2, column "Âge": expected a number like 12.5, of at most 15 digits, got "old"',
    );
  });

  test("a name that cannot be an attribute suggests --map and --ignore", async () => {
    expect(await updateBy({ text: "id,action,E-mail\n1,add,x\n" })).toMatch(
      /^error: table\.csv:2, column "E-mail": expected an attribute name of .*; --map "E-mail=NAME" gives it one, --ignore "E-mail" leaves it out$/,
    );
  });

  test.each([
    [["--map", "email=id"], 'no column "email", which --map names, did you mean E-mail?'],
    [["--ignore", "intern"], 'no column "intern", which --ignore names, did you mean internal?'],
    [["--map", "Ville"], '--map: expected COLUMN=NAME, like "E-mail=id", got "Ville"'],
    [["--map", "Ville=city", "--map", "Ville=town"], '--map: the column "Ville" is given twice'],
    [["--map", "Ville=city", "--map", "action=city"], 'the column "city" is there twice; --ignore "city"'],
    [
      ["--map", "E-mail=id", "--map", "Ville=city:text"],
      'column "city:text": a type is number or boolean, got "text"',
    ],
  ])("%j is refused", async (args, message) => {
    expect(await updateBy({ text: names + row, args })).toContain(message);
  });

  test("a list of removals needs none of the columns that --map and --ignore name", async () => {
    folder.write("left.csv", "E-mail\nc@d.fr\n");
    const text = names.replace("action,", "") + row.replace("add,", "");
    const args = ["--action", "add", "--remove", "left.csv", ...mapped, "--ignore", "internal"];
    expect(Object.keys((await updateBy({ text, args })) as object)).toEqual(["a@b.fr"]);
  });
});
