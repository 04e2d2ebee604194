import { existsSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFolder, type Folder, startApi, until } from "../../support/cli.ts";
import { makePipe, runProcess, startProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

test("a reader of the result that goes away early is no error", async () => {
  const api = await startApi();
  folder.write("ids.csv", "id,action\n1,add\n");
  const args = ["update", "vips", "ids.csv", "--base-url", api.url];
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  child.stdout.destroy();
  expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(Object.keys(Object.fromEntries(api.audience("vips").members))).toEqual(["1"]);
});

test("a log that is full or closed does not stop the delivery", async () => {
  const api = await startApi();
  folder.write("odd.csv", "id,action\n 1,add\n");
  const args = ["update", "vips", "odd.csv", "--base-url", api.url, "--rate", "Infinity"];
  const full = await runProcess(args, { cwd: folder.path, stderr: openSync("/dev/full", "w") });
  expect(full).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/accepted +1/) });
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  child.stderr?.destroy();
  child.stdin.end();
  expect(await ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/accepted +1/) });
  expect(api.counts.accepted).toBe(2);
});

test("a result that cannot be written is an error", async () => {
  const api = await startApi();
  folder.write("ids.csv", "id,action\n1,add\n");
  const args = ["update", "vips", "ids.csv", "--base-url", api.url, "--json"];
  const setup = "exec >/dev/full";
  expect(await runProcess(args, { cwd: folder.path, setup })).toMatchObject({
    exitCode: 1,
    stderr: "error: the result could not be written to standard output: no space left on device\n",
  });
  expect(api.counts.accepted).toBe(1);
});

test("a named pipe is read to its end, whenever its writer comes", async () => {
  const api = await startApi();
  makePipe(folder.file("pipe.csv"));
  const args = ["update", "vips", "pipe.csv", "--base-url", api.url, "--checkpoint", "run.json"];
  const { ended } = await startProcess(args, { cwd: folder.path });
  await until(() => existsSync(folder.file("run.json")));
  await writeFile(folder.file("pipe.csv"), "id,action\n1,add\n2,add\n");
  expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(Object.keys(Object.fromEntries(api.audience("vips").members))).toEqual(["1", "2"]);
});

test("a slow reader of the log gets all of it", async () => {
  const api = await startApi({ indexLag: { ms: 1e9 } });
  const tokens = Array.from({ length: 5000 }, (_, at) => `${at}`.padStart(50, "0"));
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--timeout", "0.01"];
  const args = ["wait", "vips", ...tokens, ...settings];
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  child.stderr?.pause();
  // More than a pipe holds: the program has written a part, and wants to end.
  await until(() => (child.stderr?.readableLength ?? 0) > 0);
  child.stderr?.resume();
  const { exitCode, stderr } = await ended;
  expect(exitCode).toBe(3);
  expect(stderr.length).toBeGreaterThan(250_000);
  expect(stderr).toMatch(/wait again\.\n$/);
});
