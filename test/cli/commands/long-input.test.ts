import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRandom, type Scripted } from "../../../src/testing/index.ts";
import { randomActions } from "../../support/actions.ts";
import {
  differences,
  enterFolder,
  type Folder,
  oracle,
  parseNdjson,
  runCli,
  type Simulator,
  startApi,
  startCli,
  until,
} from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("input.ndjson", text);
});
afterAll(() => folder.remove());
beforeEach(() => {
  for (const name of ["run.json", "work"]) rmSync(name, { recursive: true, force: true });
  mkdirSync("work");
});

/** More ids than a window has room for, each several times. */
const actions = randomActions(createRandom(1), 60_000, 25_000).map(({ action, id }) => ({ action, id }));
const distinct = new Set(actions.map(({ id }) => id)).size;
const text = actions.map((action) => `${JSON.stringify(action)}\n`).join("");

function commandLine(api: Simulator, ...args: string[]): string[] {
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--window", "2000", "--json"];
  return ["update", "vips", "input.ndjson", ...settings, ...args];
}

const resumable = ["--work-dir", "work", "--checkpoint", "run.json"];

function expectDelivered(api: Simulator): void {
  api.settled();
  expect(api.violations).toEqual([]);
  expect(differences(api.audience("vips").members, oracle(actions))).toEqual([]);
}

/** An API that answers the first two requests, and then does as it is told: at first, nothing. */
async function startStalling() {
  let next: Scripted = { breakage: "hang" };
  const api = await startApi({
    indexLag: { requests: 3 },
    script: ({ number }) => (number > 2 ? next : "ok"),
  });
  return {
    api,
    goOn(how: Scripted = "ok") {
      next = how;
    },
  };
}

const filesIn = (path: string, pattern: RegExp) =>
  readdirSync(path)
    .filter((name) => pattern.test(name))
    .map((name) => `${path}/${name}`);

const checkpoint = () => JSON.parse(readFileSync("run.json", "utf8")).checkpoint;

describe("an input that does not fit a window", () => {
  test("is sent in the fewest requests, without a poll, and leaves nothing in the work directory", async () => {
    const api = await startApi({ indexLag: { requests: 100 } });
    const { exitCode, stdout } = await runCli(commandLine(api, "--work-dir", "work"));
    expect(exitCode).toBe(0);
    const requests = Math.ceil(distinct / 10_000);
    expect(JSON.parse(stdout)).toMatchObject({ received: 60_000, accepted: distinct, requests, polls: 0 });
    expect(readdirSync("work")).toEqual([]);
    expectDelivered(api);
  });

  test("is resumed from the work directory by the same command, without being read again", async () => {
    const { api, goOn } = await startStalling();
    const first = startCli(commandLine(api, ...resumable));
    await until(() => existsSync("run.json") && checkpoint().spilled?.record > 0);
    first.interrupt();
    const { exitCode, stderr } = await first.ended;
    expect(exitCode).toBe(130);
    const [name = ""] = readdirSync("work");
    expect(stderr).toMatch(/To go on: the same command again \(run\.json\)\.\n$/);
    expect(stderr).toContain(`The actions that are not sent yet are in work/${name}.\n`);

    goOn();
    const second = await runCli(commandLine(api, ...resumable));
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toContain(`Resuming from work/${name}, without reading the input again.\n`);
    expect(JSON.parse(second.stdout).received).toBeLessThan(60_000);
    expect([existsSync("run.json"), readdirSync("work")]).toEqual([false, []]);
    expectDelivered(api);
  });

  const isGone = /^work\/batch-audiences-\w+ is gone: reading the input again\.\n/;
  const isEmptied = /^The actions in work\/batch-audiences-\w+ are gone: reading the input again\.\n/;

  test.each([
    ["its work directory", isGone, (path: string) => [path]],
    ["all that was in it", isEmptied, (path: string) => filesIn(path, /./)],
    ["the file with its actions", isEmptied, (path: string) => filesIn(path, /\.data$/)],
    ["the file that names them", isEmptied, (path: string) => filesIn(path, /^spill\.json$/)],
  ])("is read again where %s is gone", async (_, note, removed) => {
    const { api, goOn } = await startStalling();
    const first = startCli(commandLine(api, ...resumable));
    await until(() => existsSync("run.json") && checkpoint().spilled?.record > 0);
    first.interrupt();
    await first.ended;
    const [name = ""] = readdirSync("work");
    for (const path of removed(`work/${name}`)) rmSync(path, { recursive: true });
    goOn();
    const second = await runCli(commandLine(api, ...resumable));
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stderr).toMatch(note);
    expect(readdirSync("work")).toEqual([]);
    expect(JSON.parse(second.stdout).received).toBe(60_000);
    expectDelivered(api);
  });

  test("is not written through a link that somebody has put in its place", async () => {
    const { api } = await startStalling();
    const first = startCli(commandLine(api, ...resumable));
    await until(() => readdirSync("work").length > 0);
    first.interrupt();
    const [name = ""] = readdirSync("work");
    await first.ended;
    rmSync("work", { recursive: true });
    mkdirSync("work/elsewhere", { recursive: true });
    symlinkSync("elsewhere", `work/${name}`);
    const second = await runCli(commandLine(api, ...resumable));
    expect([second.exitCode, second.stderr]).toEqual([
      2,
      expect.stringContaining("is no directory of this user"),
    ]);
    expect(readdirSync("work/elsewhere")).toEqual([]);
  });

  test("has sent nothing when it is stopped while it is read, and leaves nothing behind", async () => {
    const api = await startApi();
    const input = new PassThrough();
    const settings = ["--base-url", api.url, "--window", "2000", "--format", "ndjson"];
    const { ended, interrupt } = startCli(["update", "vips", ...settings, ...resumable], { input });
    input.write(text);
    await until(() => readdirSync("work").length > 0);
    interrupt();
    expect((await ended).exitCode).toBe(130);
    expect([api.counts.requests, readdirSync("work"), existsSync("run.json")]).toEqual([0, [], false]);
  });

  test("is handed back as a whole by a run that fails, and its work directory is removed", async () => {
    const api = await startApi({ script: () => ({ status: 401 }) });
    const files = ["--work-dir", "work", "--undelivered", "undelivered.ndjson"];
    const { exitCode } = await runCli(commandLine(api, ...files));
    expect(exitCode).toBe(1);
    const undelivered = parseNdjson(readFileSync("undelivered.ndjson", "utf8")) as typeof actions;
    expect(oracle(undelivered)).toEqual(oracle(actions));
    expect(readdirSync("work")).toEqual([]);
  });

  test("is handed back by a run that resumed and failed, and can be resumed again", async () => {
    const { api, goOn } = await startStalling();
    const first = startCli(commandLine(api, ...resumable));
    await until(() => existsSync("run.json") && checkpoint().spilled?.record > 0);
    first.interrupt();
    await first.ended;
    goOn({ status: 401 });
    const second = await runCli(commandLine(api, ...resumable, "--undelivered", "undelivered.ndjson"));
    expect(second.exitCode).toBe(1);
    expect(second.stderr).not.toContain("Reading the rest of the input");
    api.settled();
    const undelivered = parseNdjson(readFileSync("undelivered.ndjson", "utf8")) as typeof actions;
    expect(undelivered.length).toBeLessThan(60_000);
    expect(oracle(undelivered, new Map(api.audience("vips").members))).toEqual(oracle(actions));

    goOn();
    expect((await runCli(commandLine(api, ...resumable))).exitCode).toBe(0);
    expect(readdirSync("work")).toEqual([]);
    expectDelivered(api);
  });

  test("is counted by a dry run, which leaves nothing behind either", async () => {
    const args = ["update", "vips", "input.ndjson", "--window", "2000", "--json", "--dry-run"];
    const { exitCode, stdout } = await runCli([...args, "--work-dir", "work"], { env: {} });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: distinct, requests: Math.ceil(distinct / 10_000) });
    expect(readdirSync("work")).toEqual([]);
  });

  test("is sent in windows as it is read with --no-spill", async () => {
    const api = await startApi({ indexLag: { requests: 3 } });
    const { exitCode, stdout } = await runCli(commandLine(api, "--no-spill"));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).requests).toBeGreaterThan(20);
    expectDelivered(api);
  });
});

test.each([
  [["--work-dir", "missing"], "--work-dir missing: there is no such directory"],
  [["--work-dir", "input.ndjson"], "--work-dir input.ndjson: there is no such directory"],
  [["--work-dir", "work", "--no-spill"], "--work-dir and --no-spill: give one of them"],
  [["--window", "0"], '--window: expected a whole number from 1, got "0"'],
])("%j is refused before anything is read", async (args, message) => {
  const { exitCode, stderr } = await runCli(["update", "vips", "input.ndjson", ...args]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});
