import { createReadStream, linkSync, mkdirSync, openSync, readFileSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { enterFolder, type Folder, runCli } from "../../support/cli.ts";

const TABLE = "id,action\n1,add\n2,ad\n";

let folder: Folder;

beforeEach(() => {
  folder = enterFolder();
  folder.write("in.csv", TABLE);
  folder.write("out", "old");
  mkdirSync(folder.file("sub"));
  symlinkSync(".", folder.file("same"));
  symlinkSync("in.csv", folder.file("link.csv"));
  linkSync(folder.file("in.csv"), folder.file("hard"));
});
afterEach(() => folder.remove());

function update(...args: string[]) {
  return runCli(["update", "vips", ...args, "--skip-invalid", "--base-url", "http://127.0.0.1:1"]);
}

test.each([
  ["in.csv", "./in.csv"],
  ["in.csv", "same/in.csv"],
  ["in.csv", "/proc/self/cwd/in.csv"],
  ["in.csv", "hard"],
  ["in.csv", "link.csv"],
  ["link.csv", "in.csv"],
])("with the input %s, the output %s is refused by every option", async (input, output) => {
  for (const option of ["--checkpoint", "--rejected", "--undelivered"]) {
    const { exitCode, stderr } = await update(input, option, output);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `error: ${option} ${output}: is an input too\n`,
    });
    expect(readFileSync(folder.file("in.csv"), "utf8")).toBe(TABLE);
  }
});

test("an output that is standard input is refused", async () => {
  const input = createReadStream("", { fd: openSync("in.csv", "r") });
  const args = ["update", "vips", "--format", "csv", "--dry-run", "--undelivered", "same/in.csv"];
  expect(await runCli(args, { input })).toMatchObject({
    exitCode: 2,
    stderr: "error: --undelivered same/in.csv: is an input too\n",
  });
  input.destroy();
});

test.each([
  ["out", "same/out"],
  ["new", "./new"],
  ["sub/new", "same/sub/new"],
])("two outputs %s and %s are refused", async (one, other) => {
  expect(await update("in.csv", "--rejected", one, "--undelivered", other)).toMatchObject({
    exitCode: 2,
    stderr: `error: --undelivered ${other}: is written to by another option\n`,
  });
});

test("two outputs may be the same device", async () => {
  const args = ["in.csv", "--dry-run", "--rejected", "/dev/null", "--undelivered", "/dev/null"];
  expect(await update(...args)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("to be sent  1"),
  });
});
