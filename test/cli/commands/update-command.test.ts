import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { enterFolder, type Folder, runCli, type Simulator, startApi } from "../../support/cli.ts";

let folder: Folder;
let api: Simulator;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  api = await startApi();
});

function update(args: string[], input?: string | Buffer) {
  const all = ["update", "vips", "--base-url", api.url, "--rate", "Infinity", ...args];
  return runCli(all, input === undefined ? {} : { input });
}

function audience(): Record<string, unknown> {
  return Object.fromEntries(api.audience("vips").members);
}

test("a CSV file becomes the audience: cells are text or of the type in the header, empty ones are left out", async () => {
  folder.write(
    "typed.csv",
    [
      "id,action,first_name,age:number,vip:boolean,date(joined),url(avatar)",
      "1,add,007,36.5,TRUE,2026-01-02T03:04:05Z,https://example.com/a.png",
      '2,add,"Bo ""B""\nof, x",,0,,',
      "3,add,,,,,",
      "4,add,x,,,,",
      "4,remove,x,1,,,",
      "",
    ].join("\n"),
  );
  const { exitCode, stdout, stderr } = await update(["typed.csv"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(audience()).toEqual({
    1: {
      first_name: "007",
      age: 36.5,
      vip: true,
      "date(joined)": "2026-01-02T03:04:05Z",
      "url(avatar)": "https://example.com/a.png",
    },
    2: { first_name: 'Bo "B"\nof, x', vip: false },
    3: {},
  });
  expect(stdout).toMatch(
    /^vips\n\n {2}received {4}5 {2}records\n {2}superseded {2}1 .*\n {2}accepted {4}4 {2}ids\n/,
  );
});

test("NDJSON is one action a line, and blank lines are skipped", async () => {
  folder.write(
    "actions.ndjson",
    '{"action":"add","id":"1","attributes":{"age":30}}\r\n\n{"action":"add","id":"é"}',
  );
  expect(await update(["actions.ndjson"])).toMatchObject({ exitCode: 0 });
  expect(audience()).toEqual({ 1: { age: 30 }, é: {} });
});

test.each([
  ["a byte order mark", "\ufeffid,action\n1,add\n"],
  ["CRLF line ends, also inside quotes", 'id,action\r\n1,add\r\n"2\r\n",remove\r\n'],
  ["line ends that are mixed", "id,action\r\n1,add\n2,remove\r\n"],
  ["no line end at the end", "id,action\n1,add"],
  ["blank lines", "\nid,action\n\n1,add\n\n"],
])("a CSV file may have %s", async (_, text) => {
  folder.write("shape.csv", text);
  expect(await update(["shape.csv"])).toMatchObject({ exitCode: 0 });
  expect(audience()).toEqual({ 1: {} });
});

test("gzip is recognised by its name and by its first bytes, in files and in a pipe", async () => {
  const packed = gzipSync("id,action\n1,add\n");
  // Two members one after the other are one file.
  folder.write("named.csv.gz", Buffer.concat([packed, gzipSync("2,add\n")]));
  folder.write("unnamed.tsv", gzipSync("id\taction\n3\tadd\n"));
  expect(await update(["named.csv.gz", "unnamed.tsv"])).toMatchObject({ exitCode: 0 });
  expect(await update(["--format", "csv"], gzipSync("id,action\n4,add\n"))).toMatchObject({ exitCode: 0 });
  expect(Object.keys(audience())).toEqual(["1", "2", "3", "4"]);
});

test("files are read in the order given, --add and --remove among the others", async () => {
  folder.write("all.csv", "id\n1\n2\n3\n");
  folder.write("some.csv", "id,why\n2,left\n3,\n");
  folder.write("last.ndjson", '{"action":"add","id":"3"}\n');
  const { exitCode } = await update(["--add", "all.csv", "--remove", "some.csv", "last.ndjson"]);
  expect(exitCode).toBe(0);
  expect(Object.keys(audience())).toEqual(["1", "3"]);
  expect(await update(["--remove", "some.csv", "--add", "all.csv"])).toMatchObject({ exitCode: 0 });
  expect(Object.keys(audience())).toEqual(["1", "2", "3"].toSorted());
});

test("the column of ids can have another name, and --action applies to every file", async () => {
  folder.write("people.csv", "e-mail,age:number\na@example.com,3\n");
  expect(await update(["people.csv", "--id-column", "e-mail", "--action", "add"])).toMatchObject({
    exitCode: 0,
  });
  expect(audience()).toEqual({ "a@example.com": { age: 3 } });
});

test("a dash among the files is standard input", async () => {
  folder.write("first.csv", "id,action\n1,add\n2,add\n");
  const { exitCode } = await update(["first.csv", "-", "--format", "csv"], "id,action\n1,remove\n");
  expect(exitCode).toBe(0);
  expect(Object.keys(audience())).toEqual(["2"]);
});

test("--dry-run needs no keys, sends nothing and reports what would be sent", async () => {
  folder.write("ids.csv", "id,action\n1,add\n1,remove\n2,add\n");
  const args = ["update", "vips", "ids.csv", "--dry-run", "--base-url", api.url, "--json"];
  const dry = await runCli(args, { env: {} });
  expect(dry.exitCode).toBe(0);
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, received: 3, superseded: 1, accepted: 2 });
  expect(api.counts.requests).toBe(0);
});

test("--dry-run leaves the file of what was not delivered as it is", async () => {
  folder.write("ids.csv", "id,action\n1,add\n");
  folder.write("before.ndjson", "of an earlier run");
  expect(await update(["ids.csv", "--undelivered", "before.ndjson", "--dry-run"])).toMatchObject({
    exitCode: 0,
  });
  expect(readFileSync(folder.file("before.ndjson"), "utf8")).toBe("of an earlier run");
});

test("an attribute may have the name of a prototype", async () => {
  folder.write("odd.csv", "id,action,__proto__,constructor\n1,add,x,y\n");
  expect(await update(["odd.csv"])).toMatchObject({ exitCode: 0 });
  const attributes = api.audience("vips").members.get("1") ?? {};
  expect(Object.entries(attributes)).toEqual([
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
});

test("--json puts the report on standard output and nothing else", async () => {
  folder.write("ids.csv", "id,action\n1,add\n2,remove\n");
  const { stdout } = await update(["ids.csv", "--json", "--wait"]);
  const report = JSON.parse(stdout) as { indexingTokens: string[]; states: object };
  expect(report).toMatchObject({ audience: "vips", received: 2, accepted: 2, unsent: 0, requests: 1 });
  expect(report.states).toEqual({ [report.indexingTokens[0]!]: "APPLIED" });
});

test("--json lists rejected records with their place and the reason", async () => {
  folder.write("bad.csv", "id,action,age:number\n1,add,x\n,add,1\n");
  const { exitCode, stdout } = await update(["bad.csv", "--json", "--skip-invalid"]);
  expect(exitCode).toBe(1);
  expect((JSON.parse(stdout) as { rejections: unknown }).rejections).toEqual([
    {
      file: "bad.csv",
      line: 2,
      index: 0,
      path: "",
      reason: 'column "age": expected a number like 12.5, of at most 15 digits, got "x"',
    },
    { file: "bad.csv", line: 3, index: 1, id: "", path: "id", reason: "expected an id, got a blank string" },
  ]);
  const ended = JSON.parse((await update(["bad.csv", "--json"])).stdout) as { error: unknown };
  expect(ended.error).toEqual({
    code: "INVALID_ACTION",
    message: "Some records are invalid, see rejections",
  });
});

test("with --isolate, a record that the API refuses goes to both files, and the others are delivered", async () => {
  api = await startApi({ refuse: ({ id }) => (id === "7" ? "no such person" : undefined) });
  folder.write("ids.csv", `id,action\n${Array.from({ length: 20 }, (_, id) => `${id},add\n`).join("")}`);
  const files = ["--rejected", "rejected.ndjson", "--undelivered", "undelivered.ndjson"];
  const { exitCode, stderr } = await update(["ids.csv", "--isolate", ...files]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no such person");
  expect(Object.keys(audience())).toHaveLength(19);
  expect(readFileSync(folder.file("undelivered.ndjson"), "utf8")).toBe('{"action":"add","id":"7"}\n');
  expect(readFileSync(folder.file("rejected.ndjson"), "utf8")).toBe(
    '{"index":7,"id":"7","reason":"no such person"}\n',
  );
});

test("what was not delivered can be passed to update again", async () => {
  folder.write("ids.csv", "id,action,age:number\n1,add,5\n2,remove,\n");
  api = await startApi({ restKey: "another" });
  const refused = await update(["ids.csv", "--undelivered", "again.ndjson"]);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toContain("pass again.ndjson to update");
  api = await startApi();
  expect(await update(["again.ndjson"])).toMatchObject({ exitCode: 0 });
  expect(audience()).toEqual({ 1: { age: 5 } });
});

test("the part of the inputs that was not read goes to --undelivered, too", async () => {
  api = await startApi({ restKey: "another" });
  // A hundred bad records end the run long before the last of these is read.
  const bad = Array.from({ length: 150 }, (_, id) => `bad-${id},add,x\n`).join("");
  const good = Array.from({ length: 5000 }, (_, id) => `${id},add,${id}\n`).join("");
  folder.write("long.csv", `id,action,age:number\n${bad}${good}`);
  folder.write("more.ndjson", '{"action":"remove","id":"last"}\n');
  const files = ["--undelivered", "rest.ndjson", "--rejected", "bad.ndjson"];
  expect(await update(["long.csv", "more.ndjson", ...files])).toMatchObject({ exitCode: 1 });
  const lines = readFileSync(folder.file("rest.ndjson"), "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(5001);
  expect(lines[0]).toBe('{"action":"add","id":"0","attributes":{"age":0}}');
  expect(lines.at(-1)).toBe('{"action":"remove","id":"last"}');
  expect(readFileSync(folder.file("bad.ndjson"), "utf8").trimEnd().split("\n")).toHaveLength(150);
});

test("a record of NDJSON in the part that was not read gets its action from the command line", async () => {
  const bad = Array.from({ length: 150 }, () => '{"id":""}\n').join("");
  folder.write("ids.ndjson", `${bad}{"id":"1"}\n{ }\n`);
  await update(["--remove", "ids.ndjson", "--undelivered", "rest.ndjson"]);
  const lines = readFileSync(folder.file("rest.ndjson"), "utf8").split("\n");
  expect(lines.slice(-4)).toEqual([
    '{"action":"remove","id":""}',
    '{"action":"remove","id":"1"}',
    '{"action":"remove"}',
    "",
  ]);
});

test("a deep record in the part that was not read is written to --undelivered as it stands", async () => {
  const deep = `{"action":"add","id":"1","attributes":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const bad = Array.from({ length: 150 }, () => '{"action":"ad","id":"0"}\n').join("");
  folder.write("deep.ndjson", `${bad}${deep}\n{"action":"add","id":"2"}\n`);
  expect(await update(["deep.ndjson", "--undelivered", "rest.ndjson"])).toMatchObject({ exitCode: 1 });
  const lines = readFileSync(folder.file("rest.ndjson"), "utf8").split("\n");
  expect(lines.at(-3) === deep).toBe(true);
  expect(lines.slice(-2)).toEqual(['{"action":"add","id":"2"}', ""]);
});
