import { afterAll, beforeAll, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { suggest } from "../../src/cli/suggest.ts";
import { enterFolder, type Folder, runCli } from "../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("in.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("files stay in order, with --add and --remove among them", () => {
  const args = "update vips a.csv --remove b.csv --json c.csv --add=d.csv -".split(" ");
  expect(readArguments(args)).toEqual({
    command: "update",
    audience: "vips",
    files: [
      { path: "a.csv" },
      { path: "b.csv", action: "remove" },
      { path: "c.csv" },
      { path: "d.csv", action: "add" },
      { path: "-" },
    ],
    flags: { json: true },
  });
});

test("an option without a value, and one for files, may be repeated", () => {
  const args = "update vips --json --json --add a --add b".split(" ");
  expect(readArguments(args)).toMatchObject({ flags: { json: true }, files: [{ path: "a" }, { path: "b" }] });
});

test("everything after -- is a file, even if it looks like an option", () => {
  expect(readArguments(["update", "vips", "--", "--odd.csv"])).toMatchObject({
    files: [{ path: "--odd.csv" }],
  });
});

test.each([
  ["updaet vips", 'no command "updaet", did you mean update?'],
  ["frobnicate vips", 'no command "frobnicate"; see batch-audiences --help'],
  ["", "no command; see batch-audiences --help"],
  ["update", "update needs the name of an audience; see batch-audiences update --help"],
  ["update vips --isolat", "no option --isolat, did you mean --isolate?"],
  ["update vips --skip-invlaid", "no option --skip-invlaid, did you mean --skip-invalid?"],
  ["update vips --frobnicate", "no option --frobnicate; see batch-audiences update --help"],
  ["replace", "replace needs the name of an audience; see batch-audiences replace --help"],
  ["replace vips --action add", "replace has no option --action, update has"],
  ["replace vips --add a.csv", "replace has no option --add, update has"],
  ["update vips --allow-empty", "update has no option --allow-empty, replace has"],
  ["list vips", 'list takes no audience, got "vips"; view shows one'],
  ["list --yes", "list has no option --yes, delete has"],
  ["mock vips", 'mock takes no audience, got "vips"'],
  ["mock --base-url x", "mock has no option --base-url, update has"],
  ["update vips --port 1", "update has no option --port, mock has"],
  ["create vips others", 'create takes one audience, not "others" too'],
  ["delete vips others --yes", 'delete takes one audience, not "others" too'],
  ["view vips --isolate", "view has no option --isolate, update has"],
  ["view vips others", 'view takes one audience, not "others" too'],
  ["wait vips", "wait needs the indexing tokens to wait for"],
  ["update vips --rate", "--rate needs a value"],
  ["update vips --checkpoint --json", "--checkpoint needs a value"],
  ["update vips --json=yes", "--json takes no value"],
  ["update vips --rate 1 --rate=2", "--rate is given twice"],
])("`%s` is refused with a hint", (line, message) => {
  expect(() => readArguments(line.split(" ").filter(Boolean))).toThrow(message);
});

test("a suggestion is close to what was typed", () => {
  expect(suggest("veiw", ["update", "wait", "view"])).toBe("view");
  expect(suggest("isolated", ["isolate", "rejected"])).toBe("isolate");
  expect(suggest("add", ["rate", "wait"])).toBeUndefined();
});

test("a key on the command line is refused and not repeated", async () => {
  const { exitCode, stderr } = await runCli(["view", "vips", "--rest-key", "s3cret"]);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    "error: keys are read from BATCH_REST_KEY and BATCH_PROJECT_KEY only: arguments show in process lists\n",
  );
});

test.each([
  [["view", "vips"], {}, "BATCH_REST_KEY and BATCH_PROJECT_KEY are not set in the environment"],
  [["view", "vips"], { BATCH_REST_KEY: "k" }, "BATCH_PROJECT_KEY is not set in the environment"],
  [
    ["view", "no name"],
    undefined,
    '<audience>: expected a name of 1 to 255 characters of A-Z, a-z, 0-9, _ and -, got "no name"',
  ],
  [
    ["view", "vips", "--rate", "fast"],
    undefined,
    '--rate: expected a number above 0, or Infinity, got "fast"',
  ],
  [["view", "vips", "--base-url", "nowhere"], undefined, "--base-url: expected an absolute http(s) address"],
  [["mock", "--port", "65536"], {}, '--port: expected a whole number from 0 to 65535, got "65536"'],
  [["mock", "--seed", "1.5"], {}, "--seed: expected a whole number from 0, got"],
  [["mock", "--rate", "0"], {}, "--rate: expected a number above 0"],
  [
    ["update", "vips", "--format", "cvs"],
    undefined,
    '--format: expected csv or tsv or ndjson or parquet, got "cvs", did you mean csv?',
  ],
  [
    ["update", "vips", "--rejected", "x", "--undelivered", "./x", "in.csv"],
    undefined,
    "--undelivered ./x: is written to by another option",
  ],
  [
    ["update", "vips", "--undelivered", "nowhere/x", "in.csv"],
    undefined,
    "--undelivered nowhere/x: cannot be written: no such file",
  ],
  [
    ["update", "vips", "--undelivered", "-", "in.csv"],
    undefined,
    "--undelivered -: name a file, standard output is for the result",
  ],
  [["update", "vips", "--rejected", "./in.csv", "in.csv"], undefined, "--rejected ./in.csv: is an input too"],
  [["update", "vips"], undefined, "standard input: no extension names the format, add --format"],
  [["update", "vips", "-", "-", "--format", "csv"], undefined, "standard input (-) can be read only once"],
])("%j in the environment %j is an error of one line, with exit code 2", async (args, env, message) => {
  const ended = await runCli(args, env === undefined ? {} : { env });
  expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
  expect(ended.stderr).toContain(`error: ${message}`);
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
});
