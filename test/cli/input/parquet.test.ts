import { existsSync, readFileSync } from "node:fs";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  enterFolder,
  type Folder,
  parseNdjson,
  runCli,
  type Simulator,
  startApi,
  startCli,
  until,
} from "../../support/cli.ts";

let folder: Folder;
let api: Simulator;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

function write(name: string, columnData: ColumnSource[], options: object = {}): void {
  folder.write(name, Buffer.from(parquetWriteBuffer({ columnData, ...options })));
}

async function update(...args: string[]) {
  api = await startApi();
  const run = await runCli(["update", "vips", "--base-url", api.url, "--rate", "Infinity", ...args]);
  return { ...run, audience: Object.fromEntries(api.audience("vips").members) };
}

test("values have the types of their columns, and null is no attribute", async () => {
  write("typed.parquet", [
    { name: "id", data: [1n, 2n, 3n], type: "INT64" },
    { name: "action", data: ["add", "add", "remove"], type: "STRING" },
    { name: "city", data: ["Lyon", null, "Nice"], type: "STRING", nullable: true },
    { name: "visits", data: [7n, 8n, 9n], type: "INT64" },
    { name: "score", data: [1.5, 2.5, 3.5], type: "DOUBLE" },
    { name: "vip", data: [true, false, true], type: "BOOLEAN" },
    { name: "joined", data: [0, 1, 2].map((at) => new Date(Date.UTC(2024, 0, 2 + at))), type: "TIMESTAMP" },
  ]);
  const { exitCode, stderr, audience } = await update("typed.parquet");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(audience).toEqual({
    1: { city: "Lyon", visits: 7, score: 1.5, vip: true, "date(joined)": "2024-01-02T00:00:00.000Z" },
    2: { visits: 8, score: 2.5, vip: false, "date(joined)": "2024-01-03T00:00:00.000Z" },
  });
});

test("names, types and ignored columns are those of the options for tables", async () => {
  write("named.parquet", [
    { name: "E-mail", data: ["a@b.fr"], type: "STRING" },
    { name: "Age", data: ["36"], type: "STRING" },
    { name: "internal", data: ["x"], type: "STRING" },
  ]);
  const args = ["--map", "E-mail=id", "--map", "Age=age:number", "--ignore", "internal"];
  const { audience } = await update("named.parquet", "--action", "add", ...args);
  expect(audience).toEqual({ "a@b.fr": { age: 36 } });
  const refused = await update("named.parquet", "--action", "add", "--map", "Email=id");
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain(
    'error: named.parquet: no column "Email", which --map names, did you mean E-mail?',
  );
});

test("a bad value is shown with file, row and column, and the others are delivered", async () => {
  write("bad.parquet", [
    { name: "id", data: ["1", "2", "", "4"], type: "STRING" },
    { name: "n", data: [1n, 12345678901234567890n % 2n ** 62n, 3n, 4n], type: "INT64" },
  ]);
  const args = ["--action", "add", "--skip-invalid", "--rejected", "bad.ndjson"];
  const { exitCode, stderr, audience } = await update("bad.parquet", ...args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    'warning: bad.parquet:2, column "n": expected a number of at most 15 digits, a larger one may be rounded; CAST it AS VARCHAR, got ',
  );
  expect(stderr).toContain('warning: bad.parquet:3, column "id": expected an id, got a blank string\n');
  expect(audience).toEqual({ 1: { n: 1 }, 4: { n: 4 } });
  const rejected = parseNdjson(readFileSync(folder.file("bad.ndjson"), "utf8"));
  expect(rejected).toMatchObject([
    { line: 2, record: { id: "2" } },
    { line: 3, record: { id: "", n: "3" } },
  ]);
});

test("a run over several row groups resumes in the middle of one", async () => {
  const ids = Array.from({ length: 25_000 }, (_, at) => `id-${at}`);
  const joined = ids.map((_, at) => new Date(at * 1000));
  const columns: ColumnSource[] = [
    { name: "id", data: ids, type: "STRING" },
    { name: "joined", data: joined, type: "TIMESTAMP" },
  ];
  write("many.parquet", columns, { rowGroupSize: 7000 });
  let stalls = true;
  api = await startApi({ script: ({ number }) => (stalls && number > 1 ? { breakage: "hang" } : "ok") });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint", "run.json"];
  const args = ["update", "vips", "many.parquet", "--action", "add", ...settings];
  const first = startCli([...args, "--undelivered", "left.ndjson"]);
  const settled = () => (existsSync("run.json") ? readFileSync("run.json", "utf8") : "");
  await until(() => settled().includes('"records": 10000'));
  first.interrupt();
  expect((await first.ended).exitCode).toBe(130);
  const left = parseNdjson(readFileSync(folder.file("left.ndjson"), "utf8"));
  expect(left).toHaveLength(15_000);
  expect(left[0]).toEqual({
    action: "add",
    id: "id-10000",
    attributes: { "date(joined)": "1970-01-01T02:46:40.000Z" },
  });
  stalls = false;
  const second = await runCli([...args, "--json"]);
  expect(second).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(second.stdout)).toMatchObject({ received: 15_000, accepted: 15_000, requests: 2 });
  expect(api.audience("vips").members.size).toBe(25_000);
});

test("Parquet from a pipe, a broken file and one by another name are errors that say what to do", async () => {
  folder.write("broken.parquet", "PAR1 and no more");
  folder.write("renamed.csv", "PAR1 and no more");
  const results = await Promise.all([
    update("--format", "parquet", "--action", "add"),
    update("broken.parquet", "--action", "add"),
    update("renamed.csv", "--action", "add"),
  ]);
  expect(results.map(({ stderr }) => stderr.split("\n")[0])).toEqual([
    "error: standard input: Parquet is read from its end, name a file",
    expect.stringMatching(/^error: broken\.parquet: cannot be read as Parquet: /),
    "error: renamed.csv: is a Parquet file: add --format parquet",
  ]);
});
