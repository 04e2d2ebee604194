import { readdirSync, readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterFolder, type Folder, parseNdjson, startApi, startCli, until } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());

test("interrupted while a pipe is still open, it says that --undelivered ends before the input", async () => {
  const api = await startApi({ script: () => ({ breakage: "hang" }) });
  const input = new PassThrough();
  const args = ["update", "vips", "--format", "csv", "--base-url", api.url, "--skip-invalid"];
  const files = ["--undelivered", "undelivered.ndjson", "--rejected", "rejected.ndjson"];
  const { ended, interrupt } = startCli([...args, ...files], { input });
  // Enough rejections for the file to be written to before the end: they show how far it has read.
  const bad = Array.from({ length: 2000 }, (_, id) => `${id},ad\n`).join("");
  input.write(`id,action\n1,add\n2,add\n${bad}`);
  await until(() => sizeOf("rejected.ndjson") > 0);
  interrupt();
  const { exitCode, stderr } = await ended;
  expect(exitCode).toBe(130);
  expect(stderr).toContain(
    "To go on with 2 undelivered actions, as far as the input was read: pass undelivered.ndjson to update.\n",
  );
  expect(parseNdjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toHaveLength(2);
});

test("after a failure the cause is shown before the rest of a pipe is read, and Ctrl-C ends that reading", async () => {
  const input = new PassThrough();
  const args = ["update", "vips", "--format", "csv", "--base-url", "http://127.0.0.1:1"];
  const { ended, interrupt, printed } = startCli([...args, "--undelivered", "rest.ndjson"], { input });
  // A hundred bad records end the run.
  const bad = Array.from({ length: 150 }, (_, id) => `${id},ad\n`).join("");
  input.write(`id,action\nfirst,add\n${bad}`);
  await until(() => printed().stderr.includes("Nothing was sent"));
  expect(printed().stderr).toMatch(/^error: standard input:3, column "action": expected "add" or "remove"/);
  expect(printed().stderr).toContain(
    "Reading the rest of the input for --undelivered rest.ndjson; Ctrl-C ends that.\n",
  );
  // Enough for a part of them to be on the disk.
  input.write(Array.from({ length: 5000 }, (_, id) => `${id},remove\n`).join(""));
  await until(() => readdirSync(folder.path).some((name) => name.endsWith(".tmp") && sizeOf(name) > 0));
  interrupt();
  const { exitCode, stdout, stderr } = await ended;
  expect(exitCode).toBe(1);
  expect(stdout).toContain("received");
  expect(stderr).toMatch(/as far as the input was read: pass rest\.ndjson to update\.\n$/);
  const saved = parseNdjson(readFileSync(folder.file("rest.ndjson"), "utf8"));
  expect(saved[0]).toEqual({ action: "add", id: "first" });
  expect(saved).toContainEqual({ action: "remove", id: "0" });
});

test("interrupted while waiting, it says how to wait on", async () => {
  const api = await startApi({ indexLag: { ms: 1e9 } });
  folder.write("one.csv", "id,action\n1,add\n");
  const args = ["update", "vips", "one.csv", "--base-url", api.url, "--rate", "Infinity", "--wait"];
  const { ended, interrupt } = startCli(args);
  await until(() => api.counts.views > 0);
  interrupt();
  const { exitCode, stdout, stderr } = await ended;
  expect(exitCode).toBe(130);
  expect(stdout).toMatch(/accepted {2}1 {2}id\n/);
  const token = api.requests.find(({ token }) => token !== undefined)?.token;
  expect(stderr).toContain(`To wait on: batch-audiences wait vips ${token}\n`);
});

function sizeOf(name: string): number {
  try {
    return readFileSync(folder.file(name)).length;
  } catch {
    return 0;
  }
}
