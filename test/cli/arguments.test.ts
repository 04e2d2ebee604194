import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { suggest } from "../../src/cli/suggest.ts";
import { startFakeBatch as startSimulator } from "../../src/testing/loopback.ts";
import { createFolder, type Folder, run } from "./program.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("in.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("files keep their place among --add and --remove", () => {
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

test("what follows -- is a file, whatever it looks like", () => {
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
  ["view vips --isolate", "view has no option --isolate, update has"],
  ["view vips others", 'view takes one audience, not "others" too'],
  ["wait vips", "wait needs the indexing tokens to wait for"],
  ["update vips --rate", "--rate needs a value"],
  ["update vips --checkpoint --json", "--checkpoint needs a value"],
  ["update vips --json=yes", "--json takes no value"],
])("`%s` is refused with a hint", (line, message) => {
  expect(() => readArguments(line.split(" ").filter(Boolean))).toThrow(message);
});

test("a key on the command line is refused and not repeated", async () => {
  const { exitCode, stderr } = await run(["view", "vips", "--rest-key", "s3cret"], { cwd: folder.path });
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    "error: keys are read from BATCH_REST_KEY and BATCH_PROJECT_KEY only: arguments show in process lists\n",
  );
});

test("a suggestion is near: two letters swapped, but not another word", () => {
  expect(suggest("veiw", ["update", "wait", "view"])).toBe("view");
  expect(suggest("isolated", ["isolate", "rejected"])).toBe("isolate");
  expect(suggest("add", ["rate", "wait"])).toBeUndefined();
});

test.each([
  [["view", "vips"], {}, "BATCH_REST_KEY and BATCH_PROJECT_KEY are not set in the environment"],
  [["view", "vips"], { BATCH_REST_KEY: "k" }, "BATCH_PROJECT_KEY is not set in the environment"],
  [
    ["view", "no name"],
    undefined,
    '<audience>: expected a name of 1 to 255 of A-Z, a-z, 0-9, _ and -, got "no name"',
  ],
  [
    ["view", "vips", "--rate", "fast"],
    undefined,
    '--rate: expected a number above 0, or Infinity, got "fast"',
  ],
  [["view", "vips", "--base-url", "nowhere"], undefined, "--base-url: expected an absolute http(s) address"],
  [
    ["update", "vips", "--format", "cvs"],
    undefined,
    '--format: expected csv or tsv or ndjson, got "cvs", did you mean csv?',
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
  [["update", "vips", "--rejected", "./in.csv", "in.csv"], undefined, "--rejected ./in.csv: is an input too"],
  [["update", "vips"], undefined, "standard input: no extension tells the format, add --format"],
  [["update", "vips", "-", "-", "--format", "csv"], undefined, "standard input (-) can be read only once"],
])("%j in the environment %j is a mistake of one line, with exit code 2", async (args, env, message) => {
  const ended = await run(args, env === undefined ? { cwd: folder.path } : { cwd: folder.path, env });
  expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
  expect(ended.stderr).toContain(`error: ${message}`);
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("stacks are shown with --debug only", async () => {
  const plain = await run(["update", "vips", "missing.csv"], { cwd: folder.path });
  const debug = await run(["update", "vips", "missing.csv", "--debug"], { cwd: folder.path });
  expect(plain.stderr).not.toContain("    at ");
  expect(debug.stderr).toContain("    at ");
});

test("the key shows in no output, not even of errors with --debug", async () => {
  const simulator = await startSimulator({ restKey: "another" });
  folder.write("ids.csv", "id,action\n1,add\n");
  const env = { BATCH_REST_KEY: "s3cret-rest-key", BATCH_PROJECT_KEY: "project" };
  const args = ["update", "vips", "ids.csv", "--json", "--checkpoint", "c.json", "--base-url", simulator.url];
  const plain = await run(args, { cwd: folder.path, env });
  const debug = await run([...args, "--debug"], { cwd: folder.path, env });
  expect([plain.exitCode, debug.exitCode]).toEqual([1, 1]);
  expect(plain.stderr).toContain("Check that BATCH_REST_KEY belongs to the project of BATCH_PROJECT_KEY.");
  expect(debug.stderr).toContain("    at ");
  const shown = [plain.stdout, plain.stderr, debug.stdout, debug.stderr, readFileSync(folder.file("c.json"))];
  expect(shown.join("\n")).not.toContain("s3cret");
  await simulator.close();
});

test("--help teaches by three examples, and each command has its own", async () => {
  const general = await run(["--help"], { cwd: folder.path, env: {} });
  expect(general).toMatchObject({ exitCode: 0, stderr: "" });
  expect(general.stdout.match(/^ {2}batch-audiences update vip_customers/gm)).toHaveLength(3);
  const update = await run(["update", "-h"], { cwd: folder.path, env: {} });
  for (const flag of ["--isolate", "--undelivered FILE", "--mock", "--timeout SECONDS"]) {
    expect(update.stdout).toContain(flag);
  }
  expect((await run(["help", "wait"], { cwd: folder.path, env: {} })).stdout).toContain(
    "wait <audience> <token...>",
  );
});

test("every option is explained by the help of its command", async () => {
  const flags =
    "base-url api-version rate mock json quiet debug help version timeout add remove action id-column \
format dry-run wait skip-invalid rejected isolate undelivered checkpoint".split(" ");
  const { stdout } = await run(["update", "--help"], { cwd: folder.path, env: {} });
  expect(flags.filter((flag) => !stdout.includes(`  --${flag}`) && !stdout.includes(`, --${flag}`))).toEqual(
    [],
  );
});

test("--version is the package's", async () => {
  const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
  expect(await run(["--version"], { cwd: folder.path, env: {} })).toMatchObject({
    exitCode: 0,
    stdout: `${version}\n`,
  });
});

test("--quiet leaves errors and the result", async () => {
  const simulator = await startSimulator();
  folder.write("odd.csv", "id,action\n 1,add\n2,ad\n");
  const args = ["update", "vips", "odd.csv", "--skip-invalid", "--base-url", simulator.url];
  const loud = await run(args, { cwd: folder.path });
  expect(loud.stderr).toMatch(/^warning: odd\.csv:3, [\s\S]*warning: an id with surrounding spaces: once/);
  const quiet = await run([...args, "--quiet"], { cwd: folder.path });
  expect(quiet.stderr).toBe("error: 1 record rejected; --rejected FILE keeps them\n");
  expect(quiet.stdout).toContain("accepted");
  await simulator.close();
});
