import { existsSync, readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type FakeBatchServer as Simulator,
  startFakeBatch as startSimulator,
} from "../../src/testing/loopback.ts";
import { createFolder, type Folder, ndjson, run, start, until } from "./program.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

function ids(count: number): string {
  return `id,action\n${Array.from({ length: count }, (_, id) => `${id},add\n`).join("")}`;
}

/** Accepts nothing, and answers nothing. */
function startSilent(): Promise<Simulator> {
  return startSimulator({ script: () => ({ breakage: "hang" }) });
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends the run with %d and hands back what is not delivered", async (signal, code) => {
  folder.write("ids.csv", ids(25_000));
  const simulator = await startSilent();
  const args = [
    "update",
    "vips",
    "ids.csv",
    "--base-url",
    simulator.url,
    "--undelivered",
    "undelivered.ndjson",
  ];
  const { child, ended } = await start([...args, "--json"], { cwd: folder.path });
  await until(() => simulator.counts.requests > 0);
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
  expect(ndjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toHaveLength(25_000);
  await simulator.close();
});

test("interrupted while a pipe is still open, it says that the rest of it is not in the file", async () => {
  const simulator = await startSilent();
  const args = ["update", "vips", "--format", "csv", "--base-url", simulator.url];
  const files = ["--undelivered", "undelivered.ndjson", "--rejected", "rejected.ndjson"];
  const { child, ended } = await start([...args, ...files, "--skip-invalid"], { cwd: folder.path });
  // Enough rejections for the file to be written to before the end: they show how far it has read.
  const bad = Array.from({ length: 2000 }, (_, id) => `${id},ad\n`).join("");
  child.stdin.write(`id,action\n1,add\n2,add\n${bad}`);
  await until(() => (statSync(folder.file("rejected.ndjson"), { throwIfNoEntry: false })?.size ?? 0) > 0);
  child.kill("SIGINT");
  const { exitCode, stderr } = await ended;
  expect(exitCode).toBe(130);
  expect(stderr).toContain(
    "To go on with 2 undelivered actions, as far as the input was read: pass undelivered.ndjson to update.\n",
  );
  expect(ndjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toHaveLength(2);
  await simulator.close();
});

test("a second SIGINT ends the run at once", async () => {
  // 300,000,000 rows in a small file: what is not read of them keeps the first stop busy.
  const part = gzipSync('{"action":"add","id":"1"}\n'.repeat(300_000));
  folder.write("endless.ndjson.gz", Buffer.concat(Array.from({ length: 1000 }, () => part)));
  const simulator = await startSilent();
  const args = ["update", "vips", "endless.ndjson.gz", "--base-url", simulator.url];
  const files = ["--checkpoint", "run.json", "--undelivered", "endless.ndjson"];
  const { child, ended } = await start([...args, ...files], { cwd: folder.path });
  await until(() => existsSync(folder.file("run.json")));
  child.kill("SIGINT");
  await until(() => existsSync(folder.file("endless.ndjson.tmp")));
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130, stdout: "" });
  expect(existsSync(folder.file("endless.ndjson"))).toBe(false);
  await simulator.close();
});

test("interrupted while waiting, it says how to wait on", async () => {
  const simulator = await startSimulator({ lag: { ms: 1e9 } });
  folder.write("one.csv", "id,action\n1,add\n");
  const args = ["update", "vips", "one.csv", "--base-url", simulator.url, "--rate", "Infinity", "--wait"];
  const { child, ended } = await start(args, { cwd: folder.path });
  await until(() => simulator.counts.views > 0);
  child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await ended;
  expect(exitCode).toBe(130);
  expect(stdout).toMatch(/accepted {2}1 {2}id\n/);
  const token = simulator.requests.find(({ token }) => token !== undefined)?.token;
  expect(stderr).toContain(`To wait on: batch-audiences wait vips ${token}\n`);
  await simulator.close();
});

test("accepted but not applied in time is 3, and 0 once it is waited for", async () => {
  const simulator = await startSimulator({ lag: { ms: 1e9 } });
  folder.write("one.csv", "id,action\n1,add\n");
  const settings = ["--base-url", simulator.url, "--rate", "Infinity", "--timeout", "0.05"];
  const late = await run(["update", "vips", "one.csv", "--wait", "--json", ...settings], {
    cwd: folder.path,
  });
  expect(late.exitCode).toBe(3);
  const report = JSON.parse(late.stdout) as { indexingTokens: [string]; error: { code: string } };
  expect(report).toMatchObject({ accepted: 1, error: { code: "NOT_APPLIED" } });
  const wait = ["wait", "vips", ...report.indexingTokens];
  expect(await run([...wait, ...settings], { cwd: folder.path })).toMatchObject({ exitCode: 3, stdout: "" });
  simulator.settle();
  const applied = await run([...wait, "--base-url", simulator.url, "--json"], { cwd: folder.path });
  expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(applied.stdout)).toEqual({ [report.indexingTokens[0]]: "APPLIED" });
  await simulator.close();
});
