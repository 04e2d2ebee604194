import { readFileSync, rmSync, statSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
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

beforeEach(async () => {
  folder = enterFolder();
  folder.write("bad.ndjson", '{"index":0,"reason":"last night"}\n');
  api = await startApi();
});
afterEach(() => folder.remove());

const read = () => readFileSync(folder.file("bad.ndjson"), "utf8");

function update(name: string, ...args: string[]) {
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--rejected", "bad.ndjson"];
  return runCli(["update", "vips", name, ...settings, ...args]);
}

test("the file of an earlier run stays until there is something to write", async () => {
  folder.write("headless.csv", "");
  expect(await update("headless.csv")).toMatchObject({ exitCode: 2 });
  expect(read()).toContain("last night");
  api = await startApi({ restKey: "another" });
  folder.write("good.csv", "id,action\n1,add\n");
  expect(await update("good.csv", "--checkpoint", "run.json")).toMatchObject({ exitCode: 1 });
  expect(read()).toContain("last night");
});

test("it is empty after a run that rejected nothing", async () => {
  folder.write("good.csv", "id,action\n1,add\n");
  expect(await update("good.csv")).toMatchObject({ exitCode: 0 });
  expect(read()).toBe("");
});

test("a record that is nested too deeply to be copied is written as it stands, and the others are delivered", async () => {
  const deep = `{"action":"add","id":"1","attributes":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  folder.write("deep.ndjson", `${deep}\n{"action":"add","id":"2"}\n`);
  const { exitCode, stderr } = await update("deep.ndjson", "--skip-invalid");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: 1 record rejected, see bad.ndjson\n");
  expect(Object.keys(Object.fromEntries(api.audience("vips").members))).toEqual(["2"]);
  expect(read().slice(0, 60)).toContain('{"file":"deep.ndjson","line":1,"index":0,"reason":');
  expect(read().endsWith(`,"record":${deep}}\n`)).toBe(true);
});

test("numbers in a rejected record are written as they stand", async () => {
  folder.write("large.ndjson", '{"action":"ad","id":"1","attributes":{"n":12345678901234567890}}\n');
  await update("large.ndjson", "--skip-invalid");
  expect(read()).toContain('"n":12345678901234567890}');
});

test("it is readable for its owner only", async () => {
  folder.write("mixed.csv", "id,action\n1,add\n2,ad\n");
  rmSync(folder.file("bad.ndjson"));
  await update("mixed.csv", "--skip-invalid");
  expect(statSync(folder.file("bad.ndjson")).mode & 0o777).toBe(0o600);
  expect(parseNdjson(read())).toHaveLength(1);
});
