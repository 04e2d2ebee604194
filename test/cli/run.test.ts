import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { enterFolder, type Folder, runCli, startApi } from "../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

test("stacks are shown with --debug only", async () => {
  const plain = await runCli(["update", "vips", "missing.csv"]);
  const debug = await runCli(["update", "vips", "missing.csv", "--debug"]);
  expect(plain.stderr).not.toContain("    at ");
  expect(debug.stderr).toContain("    at ");
});

test("the key shows in no output, not even in errors with --debug", async () => {
  const api = await startApi({ restKey: "another" });
  folder.write("ids.csv", "id,action\n1,add\n");
  const env = { BATCH_REST_KEY: "s3cret-rest-key", BATCH_PROJECT_KEY: "project" };
  const args = ["update", "vips", "ids.csv", "--json", "--checkpoint", "c.json", "--base-url", api.url];
  const plain = await runCli(args, { env });
  const debug = await runCli([...args, "--debug"], { env });
  expect([plain.exitCode, debug.exitCode]).toEqual([1, 1]);
  expect(plain.stderr).toContain("Check that BATCH_REST_KEY belongs to the project of BATCH_PROJECT_KEY.");
  expect(debug.stderr).toContain("    at ");
  const shown = [plain.stdout, plain.stderr, debug.stdout, debug.stderr, readFileSync(folder.file("c.json"))];
  expect(shown.join("\n")).not.toContain("s3cret");
});

test("--quiet leaves only errors and the result", async () => {
  const api = await startApi();
  folder.write("odd.csv", "id,action\n 1,add\n2,ad\n");
  const args = ["update", "vips", "odd.csv", "--skip-invalid", "--base-url", api.url];
  const loud = await runCli(args);
  expect(loud.stderr).toMatch(/^warning: odd\.csv:3, [\s\S]*warning: an id with surrounding spaces: once/);
  const quiet = await runCli([...args, "--quiet"]);
  expect(quiet.stderr).toBe("error: 1 record rejected; --rejected FILE lists them\n");
  expect(quiet.stdout).toContain("accepted");
});

test("--version prints the version of the package", async () => {
  expect(await runCli(["--version"], { env: {} })).toEqual({
    exitCode: 0,
    stdout: `${packageJson.version}\n`,
    stderr: "",
  });
});
