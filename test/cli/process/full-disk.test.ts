import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFolder, type Folder, startApi } from "../../support/cli.ts";
import { runProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeEach(() => {
  folder = createFolder();
  folder.write("in.csv", `id,action\n${Array.from({ length: 25_000 }, (_, id) => `${id},add\n`).join("")}`);
});
afterEach(() => folder.remove());

/** No file may grow beyond 32 kB, as on a disk that is full. */
const setup = "ulimit -f 64";

test("where --undelivered does not fit on the disk, the old file stays and the error is shown", async () => {
  folder.write("out.ndjson", "old\n");
  const api = await startApi({ restKey: "another" });
  const args = ["update", "vips", "in.csv", "--base-url", api.url, "--undelivered", "out.ndjson"];
  const { exitCode, stderr } = await runProcess(args, { cwd: folder.path, setup });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error: --undelivered out.ndjson could not be written: file too large\n");
  expect(stderr).not.toContain("pass out.ndjson to update");
  expect(readFileSync(folder.file("out.ndjson"), "utf8")).toBe("old\n");
  expect(readdirSync(folder.path).toSorted()).toEqual(["in.csv", "out.ndjson"]);
});

test("a disk that is full at the start ends the run before anything is sent", async () => {
  const api = await startApi();
  const args = ["update", "vips", "in.csv", "--base-url", api.url, "--checkpoint", "run.json"];
  const { exitCode, stderr } = await runProcess(args, { cwd: folder.path, setup: "ulimit -f 0" });
  expect(exitCode).toBe(2);
  expect(stderr).toBe("error: --checkpoint run.json: cannot be written: file too large\n");
  expect(api.counts.requests).toBe(0);
  expect(readdirSync(folder.path)).toEqual(["in.csv"]);
});

test("where --rejected does not fit on the disk, the valid records are delivered and the error is shown", async () => {
  const bad = Array.from({ length: 5000 }, (_, id) => `bad-${id},ad\n`).join("");
  folder.write("mixed.csv", `id,action\n${bad}good,add\n`);
  const api = await startApi();
  const args = ["update", "vips", "mixed.csv", "--base-url", api.url, "--skip-invalid"];
  const options = { cwd: folder.path, setup };
  const { exitCode, stderr } = await runProcess([...args, "--rejected", "bad.ndjson"], options);
  expect(exitCode).toBe(1);
  expect([...api.audience("vips").members.keys()]).toEqual(["good"]);
  expect(stderr).toContain("error: the rejected records could not be written: file too large\n");
});
