import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createFolder,
  differences,
  type Folder,
  oracle,
  parseNdjson,
  type Simulator,
  startApi,
  until,
} from "../../support/cli.ts";
import { makePipe, runProcess, startProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

/** Answers nothing. */
function startSilentApi(): Promise<Simulator> {
  return startApi({ script: () => ({ breakage: "hang" }) });
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s ends the run with %d and saves what is not delivered", async (signal, code) => {
  folder.write("ids.csv", `id,action\n${Array.from({ length: 25_000 }, (_, id) => `${id},add\n`).join("")}`);
  const api = await startSilentApi();
  const args = ["update", "vips", "ids.csv", "--base-url", api.url, "--undelivered", "undelivered.ndjson"];
  const { child, ended } = await startProcess([...args, "--json"], { cwd: folder.path });
  await until(() => api.counts.requests > 0);
  child.kill(signal);
  const { exitCode, stdout, stderr } = await ended;
  expect(exitCode).toBe(code);
  expect(JSON.parse(stdout)).toMatchObject({ received: 25_000, accepted: 0, error: { code: "INTERRUPTED" } });
  expect(stderr.split("\n")).toEqual([
    "Stopping; once more stops at once.",
    "Stopped, 0 actions accepted.",
    "To go on with 25,000 undelivered actions: pass undelivered.ndjson to update.",
    "",
  ]);
  expect(parseNdjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toHaveLength(25_000);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a run that waits for the writer of a pipe",
  async (signal) => {
    makePipe(folder.file(`${signal}.csv`));
    const args = ["update", "vips", `${signal}.csv`, "--base-url", "http://127.0.0.1:1"];
    const { child, ended } = await startProcess([...args, "--checkpoint", `${signal}.json`], {
      cwd: folder.path,
    });
    await until(() => existsSync(folder.file(`${signal}.json`)));
    child.kill(signal);
    expect(await ended).toMatchObject({ exitCode: signal === "SIGINT" ? 130 : 143 });
  },
);

test("SIGINT ends a run that reads nothing but blank lines", async () => {
  const args = ["update", "vips", "--format", "csv", "--base-url", "http://127.0.0.1:1"];
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  child.stdin.write("id,action\n");
  // Until it has read all but what a pipe holds.
  await new Promise((resolve) => child.stdin.write("\n".repeat(3_000_000), resolve));
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130 });
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends mock, with success", async (signal) => {
  const { child, ended } = await startProcess(["mock"], { cwd: folder.path, env: {} });
  const [address] = (await once(child.stdout, "data")) as [string];
  await (await fetch(address.trim())).text();
  child.kill(signal);
  expect(await ended).toMatchObject({ exitCode: 0, stdout: address });
});

test("a second SIGINT ends the program at once", async () => {
  // 300,000,000 rows in a small file: reading the rest of them keeps the program busy after the first one.
  const part = gzipSync('{"action":"add","id":"1"}\n'.repeat(300_000));
  folder.write("endless.ndjson.gz", Buffer.concat(Array.from({ length: 1000 }, () => part)));
  const api = await startSilentApi();
  const args = ["update", "vips", "endless.ndjson.gz", "--base-url", api.url];
  const files = ["--checkpoint", "run.json", "--undelivered", "endless.ndjson"];
  const { child, ended } = await startProcess([...args, ...files], { cwd: folder.path });
  await until(() => existsSync(folder.file("run.json")));
  child.kill("SIGINT");
  await until(() => readdirSync(folder.path).some((name) => name.endsWith(".tmp")));
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130, stdout: "" });
  // Nor is there a temporary file left of it.
  expect(readdirSync(folder.path).filter((name) => /endless\.ndjson$|\.tmp$/.test(name))).toEqual([]);
});

test("a run that is killed leaves what the next run needs to resume", async () => {
  const list = Array.from({ length: 60_000 }, (_, id) => ({ action: "add" as const, id: `${id}` }));
  const rows = list.map(({ id }) => `${id},add\n`).join("");
  folder.write("input.csv", `id,action\nbad-1,ad\n${rows}`);
  let stalls = true;
  const api = await startApi({
    script: ({ number }) => (stalls && number > 2 ? { breakage: "hang" } : "ok"),
  });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint", "killed.json"];
  const args = ["update", "vips", "input.csv", ...settings, "--skip-invalid", "--rejected", "bad.ndjson"];
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  await until(() => settledRecords("killed.json") > 0);
  child.kill("SIGKILL");
  await ended;
  stalls = false;
  await runProcess(args, { cwd: folder.path });
  const rejected = parseNdjson(readFileSync(folder.file("bad.ndjson"), "utf8"));
  expect(rejected).toMatchObject([{ line: 2 }]);
  expect(differences(api.audience("vips").members, oracle(list))).toEqual([]);
});

function settledRecords(name: string): number {
  if (!existsSync(folder.file(name))) return 0;
  const saved = JSON.parse(readFileSync(folder.file(name), "utf8")) as { checkpoint: { records: number } };
  return saved.checkpoint.records;
}
