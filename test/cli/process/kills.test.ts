import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../../src/testing/index.ts";
import { randomActions } from "../../support/actions.ts";
import {
  createFolder,
  differences,
  type Folder,
  oracle,
  type Simulator,
  startApi,
  until,
} from "../../support/cli.ts";
import { runProcess, startProcess } from "../../support/cli-process.ts";

const actions = randomActions(createRandom(1), 100_000, 60_000).map(({ action, id }) => ({ action, id }));

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("input.ndjson", actions.map((action) => `${JSON.stringify(action)}\n`).join(""));
  mkdirSync(folder.file("work"));
});
afterAll(() => folder.remove());

/** The names in the folder of the run within the work directory. */
function spilled(): string[] {
  const [name] = readdirSync(folder.file("work"));
  return name === undefined ? [] : readdirSync(folder.file(`work/${name}`));
}

test("a program that is killed while it reads and while it sends ends right with the same command (G5)", {
  timeout: 240_000,
}, async () => {
  let requests = 0;
  const api: Simulator = await startApi({ indexLag: { requests: 3 }, onRequest: () => requests++ });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--window", "5000", "--json"];
  const args = ["update", "vips", "input.ndjson", ...settings];
  const resumable = ["--work-dir", "work", "--checkpoint", "run.json"];
  const moments = [
    () => spilled().some((name) => name.endsWith(".data")),
    () => requests > 0,
    () => requests > 1,
  ];
  for (const isReached of moments) {
    requests = 0;
    const { child, ended } = await startProcess([...args, ...resumable], { cwd: folder.path });
    await until(isReached);
    child.kill("SIGKILL");
    expect((await ended).exitCode).toBeNull();
  }
  const { exitCode, stdout, stderr } = await runProcess([...args, ...resumable], { cwd: folder.path });
  expect(exitCode).toBe(0);
  expect(stderr).toContain("without reading the input again");
  expect(JSON.parse(stdout).received).toBeLessThan(actions.length);
  expect([existsSync(folder.file("run.json")), readdirSync(folder.file("work"))]).toEqual([false, []]);
  api.settled();
  expect(differences(api.audience("vips").members, oracle(actions))).toEqual([]);
});
