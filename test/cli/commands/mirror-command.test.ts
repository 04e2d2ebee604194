import { existsSync, readFileSync } from "node:fs";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { enterFolder, type Folder, runCli, type Simulator, startApi } from "../../support/cli.ts";

let folder: Folder;
let api: Simulator;
let states = 0;
let state: string;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  api = await startApi();
  state = `state-${states++}`;
});

function mirror(...args: string[]) {
  const connection = ["--base-url", api.url, "--rate", "Infinity"];
  return runCli(["mirror", "vips", "--state", state, ...args, ...connection]);
}

async function content(): Promise<Record<string, unknown>> {
  await api.settled();
  return Object.fromEntries(api.audience("vips").members);
}

function writeIds(name: string, ...ids: (string | number)[]): void {
  folder.write(name, `id\n${ids.map((id) => `${id}\n`).join("")}`);
}

test("sends what changed since the last run, and shows what it was", async () => {
  folder.write("one.csv", "id,name\n1,Ada\n2,\n3,\n");
  folder.write("two.csv", "id,name\n1,Eve\n2,\n4,\n4,\n");
  const first = await mirror("one.csv", "--first", "empty", "--wait");
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  const { exitCode, stdout, stderr } = await mirror("two.csv", "--max-removed", "50%", "--wait");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout.replace(/requests.*\n/, "requests\n")).toBe(`vips

  members     3  ids in the list
  added       1  not on the audience before
  changed     1  on the audience with other attributes, or not known to be as they are
  removed     1  no longer in the list
  unchanged   1  not sent
  duplicates  1  followed by a later record for the same id
  requests
  counted     3  ids on the audience, as the API says (nb_ids)
`);
  expect(await content()).toEqual({ 1: { name: "Eve" }, 2: {}, 4: {} });
});

test("a guard refuses with what it saw and the option that allows it, and exit code 4", async () => {
  const ids = Array.from({ length: 20 }, (_, at) => at);
  writeIds("all.csv", ...ids);
  writeIds("few.csv", 0, 1);
  writeIds("none.csv");
  expect(await mirror("all.csv")).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining("--first: empty if it holds nothing, else replace"),
  });
  expect(existsSync(state)).toBe(false);
  await mirror("all.csv", "--first", "empty");
  const refused = await mirror("few.csv");
  expect(refused).toMatchObject({ exitCode: 4, stdout: "" });
  expect(refused.stderr).toMatch(
    /^error: refused: 18 of 20 members would be removed \(90 %, allowed 15 %\); first ids .*; nothing was sent\. If this is meant: --max-removed 90%\n$/,
  );
  expect(await mirror("none.csv")).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/If this is meant: --allow-empty\n$/),
  });
  expect(Object.keys(await content())).toHaveLength(20);
  expect(await mirror("few.csv", "--max-removed", "90%")).toMatchObject({ exitCode: 0 });
  expect(await mirror("none.csv", "--allow-empty")).toMatchObject({ exitCode: 0 });
  expect(await content()).toEqual({});
});

test("--dry-run shows the plan and what would be refused, and changes nothing", async () => {
  writeIds("one.csv", 1, 2);
  writeIds("two.csv", 3);
  await mirror("one.csv", "--first", "empty");
  const requests = api.requests.length;
  const { exitCode, stdout, stderr } = await mirror("two.csv", "--dry-run");
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/^error: refused: 2 of 2 members would be removed .*--max-removed 100%\n$/);
  expect(stdout).toMatch(
    /^vips: dry run, nothing was sent\n[\s\S]*added +1 [\s\S]*removed +2 [\s\S]*requests +1 /,
  );
  expect(api.requests).toHaveLength(requests);
  expect(await mirror("one.csv", "--dry-run")).toMatchObject({ exitCode: 0, stderr: "" });
});

test("--first replace and --reassert replace what is on the audience", async () => {
  writeIds("one.csv", 1, 2);
  await mirror("one.csv", "--first", "replace", "--wait");
  await mirror("one.csv", "--reassert", "--wait");
  const routes = api.requests.map(({ route }) => route).filter((route) => route.startsWith("POST"));
  expect(routes).toEqual(["POST /audiences/replace", "POST /audiences/replace"]);
});

test("--skip-invalid leaves the ids of invalid records as they were", async () => {
  folder.write("one.csv", "id,age:number\n1,30\n2,40\n");
  folder.write("two.csv", "id,age:number\n1,thirty\n2,41\n3,x\n");
  await mirror("one.csv", "--first", "empty");
  const { exitCode, stderr } = await mirror(
    "two.csv",
    "--skip-invalid",
    "--rejected",
    "bad.ndjson",
    "--json",
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain('two.csv:2, column "age"');
  expect(readFileSync("bad.ndjson", "utf8").trim().split("\n")).toHaveLength(2);
  expect(await content()).toEqual({ 1: { age: 30 }, 2: { age: 41 } });
});

const threeRows = [1, 2, 3].map((id) => ({ id: `${id}`, attributes: { age: id } }));

test.each<[name: string, content: string | Buffer, reason: string]>([
  [
    "number.ndjson",
    '{"id":"1","attributes":{"age":1}}\n{"id":2,"attributes":{"age":2}}\n{"id":"3","attributes":{"age":3}}\n',
    "number.ndjson:2, id: expected a string, got the number 2\n",
  ],
  [
    "wide.csv",
    "id,age:number\n1,1\n2,2,x\n3,3\n",
    "wide.csv:3: expected 2 columns as in the header, got 3\n",
  ],
  [
    "nan.parquet",
    Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: "id", data: [1, 2, 3], type: "INT32" },
          { name: "age", data: [1, Number.NaN, 3], type: "DOUBLE" },
        ],
      }),
    ),
    'nan.parquet:2, column "age": expected text, a number, a boolean or a time, got NaN\n',
  ],
])("--skip-invalid leaves the id as it was that %s has in an invalid record", async (name, list, reason) => {
  folder.write("three.ndjson", threeRows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  folder.write(name, list);
  await mirror("three.ndjson", "--first", "empty");
  const { exitCode, stdout, stderr } = await mirror(name, "--skip-invalid", "--rejected", `${name}.bad`);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(reason);
  expect(stdout).toMatch(/removed +0 /);
  expect(await content()).toEqual({ 1: { age: 1 }, 2: { age: 2 }, 3: { age: 3 } });
  expect(readFileSync(`${name}.bad`, "utf8").match(/"reason"/g)).toHaveLength(1);
});

test("a guard that refuses says which records are invalid, as they may be why", async () => {
  const ids = Array.from({ length: 10 }, (_, at) => at);
  writeIds("all.csv", ...ids);
  folder.write("broken.csv", `id\n${ids.map((id) => (id < 5 ? `${id}\n` : `,${id}\n`)).join("")}`);
  await mirror("all.csv", "--first", "empty");
  const { exitCode, stderr } = await mirror("broken.csv", "--skip-invalid", "--rejected", "broken.ndjson");
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(
    /^warning: broken\.csv:7: expected 1 column as in the header, got 2 \(and 4 more like it\)\nerror: refused: 5 of 10 members .*; 5 records of the source are invalid; nothing was sent/,
  );
  expect(readFileSync("broken.ndjson", "utf8").trim().split("\n")).toHaveLength(5);
  expect(Object.keys(await content())).toHaveLength(10);
});

test("invalid records end the run before anything is sent", async () => {
  folder.write("bad.csv", "id,age:number\n1,thirty\n");
  const { exitCode, stderr } = await mirror("bad.csv", "--first", "empty");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/bad\.csv:2, column "age".*\n.*Nothing was sent/);
  expect(api.requests).toEqual([]);
});

test("a run that ends early says so, and the next one goes on", async () => {
  writeIds("one.csv", 1, 2);
  let isDown = true;
  api = await startApi({ script: () => (isDown ? { status: 401 } : undefined) });
  const { exitCode, stderr } = await mirror("one.csv", "--first", "empty");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: .*401[\s\S]*run the same command again/);
  isDown = false;
  expect(await mirror("one.csv")).toMatchObject({ exitCode: 0 });
  expect(await content()).toEqual({ 1: {}, 2: {} });
});

test("--wait ends with 3 where not all is applied in time", async () => {
  writeIds("one.csv", 1);
  api = await startApi({ nameState: () => "IN_PROGRESS" });
  const { exitCode, stderr } = await mirror("one.csv", "--first", "empty", "--wait", "--timeout", "0.2");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("may not be applied yet");
});

test.each([
  [["mirror", "vips"], "mirror needs --state, a folder for what it has sent before"],
  [
    ["mirror", "vips", "--state", "s", "--first", "nothing"],
    '--first: expected empty or replace, got "nothing"',
  ],
  [
    ["mirror", "vips", "--state", "s", "--max-removed", "many"],
    "--max-removed: expected a whole number from 0",
  ],
  [["mirror", "vips", "--state", "s", "--checkpoint", "c"], "mirror has no option --checkpoint, update has"],
])("%s is a mistake", async (args, message) => {
  writeIds("ids.csv", 1);
  const { exitCode, stderr } = await runCli([...args, "ids.csv", "--base-url", api.url]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(api.requests).toEqual([]);
});
