import { readFileSync } from "node:fs";
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

test("interrupted while waiting, it says how to wait on", async () => {
  const api = await startApi({ lag: { ms: 1e9 } });
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
