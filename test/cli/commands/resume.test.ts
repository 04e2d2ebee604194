import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Checkpoint } from "../../../src/index.ts";
import {
  differences,
  enterFolder,
  type Folder,
  oracle,
  parseNdjson,
  type Running,
  runCli,
  type Simulator,
  type SimulatorOptions,
  startApi,
  startCli,
  until,
} from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
});
afterAll(() => folder.remove());
beforeEach(() => rmSync("run.json", { force: true }));

interface Action {
  action: "add" | "remove";
  id: string;
  attributes?: Record<string, unknown>;
}

/** Ids come again and again, so that the order counts. */
function actions(count: number): Action[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `user-${(index * 7919) % Math.ceil(count * 0.8)}`;
    return index % 5 === 4
      ? { action: "remove", id }
      : { action: "add", id, attributes: { at: String(index) } };
  });
}

function csv(list: readonly Action[]): string {
  return `id,action,at\n${list.map(({ id, action, attributes }) => `${id},${action},${attributes?.at ?? ""}\n`).join("")}`;
}

function commandLine(api: Simulator, ...args: string[]): string[] {
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint", "run.json"];
  return ["update", "vips", ...settings, ...args];
}

function saved(): { checkpoint: Checkpoint } {
  return JSON.parse(readFileSync(folder.file("run.json"), "utf8")) as { checkpoint: Checkpoint };
}

function settledRecords(): number {
  return existsSync(folder.file("run.json")) ? saved().checkpoint.records : 0;
}

/** An API that answers the first two requests, and the others only after `goOn`. */
async function startStalling(options: SimulatorOptions = {}) {
  let stalls = true;
  const api = await startApi({
    ...options,
    script: ({ number }) => (stalls && number > 2 ? { breakage: "hang" } : "ok"),
  });
  return {
    api,
    goOn() {
      stalls = false;
    },
  };
}

async function interrupt({ interrupt, ended }: Running) {
  await until(() => settledRecords() > 0);
  interrupt();
  return ended;
}

test.each([
  ["CSV", "input.csv", (list: Action[]) => csv(list)],
  [
    "gzipped NDJSON",
    "input.ndjson.gz",
    (list: Action[]) => gzipSync(list.map((action) => `${JSON.stringify(action)}\n`).join("")),
  ],
])(
  "an interrupted run over %s and the one that resumes it end as one run would have",
  async (_, name, pack) => {
    const list = actions(60_000);
    folder.write(name, pack(list));
    const { api, goOn } = await startStalling({ indexLag: { requests: 2 } });
    const first = await interrupt(startCli(commandLine(api, name)));
    expect(first.exitCode).toBe(130);
    expect(first.stderr).toMatch(/To go on after [\d,]+ records: the same command again \(run\.json\)\.\n$/);
    const { records } = saved().checkpoint;
    expect(records).toBeGreaterThan(0);

    goOn();
    const second = await runCli(commandLine(api, name, "--json"));
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stderr).toContain(
      `Resuming after ${records.toLocaleString("en-US")} records, from run.json.\n`,
    );
    expect(JSON.parse(second.stdout)).toMatchObject({ received: 60_000 - records });
    expect(existsSync(folder.file("run.json"))).toBe(false);
    await api.settled();
    expect(differences(api.audience("vips").members, oracle(list))).toEqual([]);
  },
);

test("the rejected records of both runs are in the file, each once", async () => {
  const bad = ["bad-1,ad,", "bad-2,ad,"];
  const lines = csv(actions(40_000)).split("\n");
  folder.write("input.csv", [lines[0], bad[0], ...lines.slice(1, -1), bad[1], ""].join("\n"));
  const { api, goOn } = await startStalling();
  const args = commandLine(api, "input.csv", "--skip-invalid", "--rejected", "rejected.ndjson");
  await interrupt(startCli(args));
  goOn();
  await runCli(args);
  const rejected = parseNdjson(readFileSync(folder.file("rejected.ndjson"), "utf8")) as { line: number }[];
  expect(rejected.map(({ line }) => line)).toEqual([2, 40_003]);
});

test("a record that the API refused alone is handed back again by the run that resumes, and not sent", async () => {
  const list = actions(60_000);
  const victim = list.at(-55_000)!.id;
  folder.write("input.csv", csv(list.filter(({ id }, index) => id !== victim || index === 5_000)));
  const api = await startApi({
    refuse: ({ id }) => (id === victim ? "no such person" : undefined),
  });
  const files = ["--isolate", "--undelivered", "undelivered.ndjson"];
  const first = await runCli(commandLine(api, "input.csv", ...files));
  expect(first.exitCode).toBe(1);
  expect(saved().checkpoint.refused).toMatchObject([{ id: victim }]);
  const before = api.counts.updates;
  rmSync(folder.file("undelivered.ndjson"));
  const second = await runCli(commandLine(api, "input.csv", ...files));
  expect(second.exitCode).toBe(1);
  expect(api.counts.updates).toBe(before);
  expect(parseNdjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toMatchObject([
    { id: victim },
  ]);
});

test("a checkpoint is refused where the input or the command has changed", async () => {
  folder.write("input.csv", csv(actions(40_000)));
  folder.write("other.csv", csv(actions(10)));
  const path = folder.file("input.csv");
  // A whole second, which every file system gives back as it was.
  const modified = new Date(1_700_000_000_000);
  utimesSync(path, modified, modified);
  const { api, goOn } = await startStalling();
  const first = startCli(commandLine(api, "input.csv"));
  // All of them, so that none arrives later.
  await until(() => api.counts.updates === 4);
  await interrupt(first);
  goOn();
  const again = (...args: string[]) => runCli(commandLine(api, ...args));

  const original = readFileSync(path);
  const refusals = [
    await again("other.csv"),
    await again("input.csv", "other.csv"),
    await again("input.csv", "--id-column", "at"),
    await runCli(["update", "others", ...commandLine(api, "input.csv").slice(2)]),
  ];
  folder.write("input.csv", Buffer.concat([original, Buffer.from("1,add,\n")]));
  refusals.push(await again("input.csv"));
  folder.write("input.csv", original);
  utimesSync(path, modified, new Date(modified.getTime() + 5000));
  refusals.push(await again("input.csv"));
  // Only the hash shows this one: a letter of an id that is done.
  const changed = Buffer.from(original);
  changed[15] = "X".charCodeAt(0);
  folder.write("input.csv", changed);
  utimesSync(path, modified, modified);
  refusals.push(await again("input.csv"));

  expect(refusals.map(({ exitCode }) => exitCode)).toEqual(Array(7).fill(2));
  expect(refusals.map(({ stderr }) => stderr.trimEnd())).toEqual([
    "error: --checkpoint run.json: is of the input input.csv; delete the checkpoint to start over",
    "error: --checkpoint run.json: is of the input input.csv; delete the checkpoint to start over",
    "error: --checkpoint run.json: is of the id column id; delete the checkpoint to start over",
    "error: --checkpoint run.json: is of the audience vips; delete the checkpoint to start over",
    "error: --checkpoint run.json: input.csv has another size than before; delete the checkpoint to start over",
    "error: --checkpoint run.json: input.csv was modified since; delete the checkpoint to start over",
    expect.stringContaining("input.csv: has changed since the checkpoint was written; delete the checkpoint"),
  ]);
  expect(api.counts.updates).toBe(4);
});

test("a slash at the end of the base URL makes no difference to a checkpoint", async () => {
  const list = actions(40_000);
  folder.write("input.csv", csv(list));
  const { api, goOn } = await startStalling();
  await interrupt(startCli(commandLine(api, "input.csv")));
  goOn();
  const args = commandLine(api, "input.csv").map((arg) => (arg === api.url ? `${api.url}/` : arg));
  expect(await runCli(args)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^Resuming after /),
  });
  expect(differences(api.audience("vips").members, oracle(list))).toEqual([]);
});

test("where a checkpoint does not fit the input any more, nothing says to run the same command again", async () => {
  const list = csv(actions(40_000));
  const { api, goOn } = await startStalling();
  const args = commandLine(api, "--format", "csv");
  await interrupt(startCli(args, { input: list }));
  goOn();
  const changed = await runCli(args, { input: list.replace("user-", "uzer-") });
  expect(changed.stderr).toContain("delete the checkpoint to start over");
  expect(changed.stderr).not.toContain("same command");
  const broken = await runCli(args, { input: Buffer.concat([Buffer.from(list), Buffer.from([0xff, 0x0a])]) });
  expect(broken.exitCode).toBe(1);
  expect(broken.stderr).toMatch(
    /To go on: correct the input, delete run\.json, which does not fit a changed input, and run the same command again\. .*\n$/,
  );
});

test("a pipe is recognised by its hash, and refused if its text has changed", async () => {
  const list = actions(40_000);
  const { api, goOn } = await startStalling();
  const args = commandLine(api, "--format", "csv");
  await interrupt(startCli(args, { input: csv(list) }));
  goOn();
  const other = await runCli(args, { input: csv(list).replace("user-", "uzer-") });
  expect(other).toMatchObject({ exitCode: 2 });
  expect(other.stderr).toContain("standard input: has changed since the checkpoint was written");
  const shorter = await runCli(args, { input: csv(list.slice(0, 100)) });
  expect(shorter).toMatchObject({ exitCode: 2 });
  expect(await runCli(args, { input: csv(list) })).toMatchObject({ exitCode: 0 });
  expect(differences(api.audience("vips").members, oracle(list))).toEqual([]);
});

test.each([
  ["in no folder", "nowhere/run.json", /cannot be written: no such file or directory/],
  ["below a file", "input.csv/run.json", /: not a directory/],
  ["that is a folder", ".", /: illegal operation on a directory/],
  ["that is an input", "input.csv", /: is an input too/],
  ["that is some other file", "notes.txt", /: is no checkpoint of batch-audiences; name another file/],
])("a checkpoint %s is refused before anything is sent", async (_, path, message) => {
  folder.write("input.csv", "id,action\n1,add\n");
  folder.write("notes.txt", "remember the milk\n");
  const api = await startApi();
  const args = ["update", "vips", "input.csv", "--base-url", api.url, "--checkpoint", path];
  const { exitCode, stdout, stderr } = await runCli(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(api.counts.requests).toBe(0);
  expect(readFileSync(folder.file("notes.txt"), "utf8")).toBe("remember the milk\n");
});

test("a checkpoint that cannot be written later does not stop the delivery", async () => {
  const list = actions(40_000);
  folder.write("input.csv", csv(list));
  mkdirSync("gone");
  const api = await startApi({
    onRequest({ number }) {
      if (number === 2) rmSync("gone", { recursive: true });
    },
  });
  const args = commandLine(api, "input.csv").map((arg) => (arg === "run.json" ? "gone/run.json" : arg));
  const { exitCode, stderr } = await runCli(args);
  expect(exitCode).toBe(0);
  expect(stderr).toBe(
    "warning: the checkpoint could not be written: no such file or directory; the run goes on\n",
  );
  expect(differences(api.audience("vips").members, oracle(list))).toEqual([]);
});

test("a run that sent nothing leaves no checkpoint, so that the input can be corrected", async () => {
  folder.write("input.csv", "id,action\n1,ad\n");
  const api = await startApi();
  const { exitCode } = await runCli(commandLine(api, "input.csv"));
  expect(exitCode).toBe(1);
  expect(existsSync(folder.file("run.json"))).toBe(false);
});

test("a dry run leaves the checkpoint as it is", async () => {
  folder.write("input.csv", csv(actions(40_000)));
  const { api } = await startStalling();
  await interrupt(startCli(commandLine(api, "input.csv")));
  const before = readFileSync(folder.file("run.json"), "utf8");
  const { records } = saved().checkpoint;
  const dry = await runCli(commandLine(api, "input.csv", "--dry-run", "--json"));
  expect(JSON.parse(dry.stdout)).toMatchObject({ received: 40_000 - records });
  expect(readFileSync(folder.file("run.json"), "utf8")).toBe(before);
});
