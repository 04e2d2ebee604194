import { existsSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FakeBatchOptions as SimulatorOptions } from "../../src/testing/fake-options.ts";
import {
  type FakeBatchServer as Simulator,
  startFakeBatch as startSimulator,
} from "../../src/testing/loopback.ts";
import { differences, oracle } from "../support/oracle.ts";
import { createFolder, type Folder, ndjson, type Running, run, start, until } from "./program.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

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

function commandLine(simulator: Simulator, ...args: string[]): string[] {
  const settings = ["--base-url", simulator.url, "--rate", "Infinity", "--checkpoint", "run.json"];
  return ["update", "vips", ...settings, ...args];
}

function saved(): { checkpoint: { records: number } } {
  return JSON.parse(readFileSync(folder.file("run.json"), "utf8")) as { checkpoint: { records: number } };
}

function settledRecords(): number {
  return existsSync(folder.file("run.json")) ? saved().checkpoint.records : 0;
}

/** A simulator that answers the first two requests, and no other until it is told to. */
async function startStalling(options: SimulatorOptions = {}) {
  let stalls = true;
  const simulator = await startSimulator({
    ...options,
    script: ({ number }) => (stalls && number > 2 ? { breakage: "hang" } : "ok"),
  });
  return {
    simulator,
    goOn() {
      stalls = false;
    },
  };
}

async function interrupt({ child, ended }: Running) {
  await until(() => settledRecords() > 0);
  child.kill("SIGINT");
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
    const { simulator, goOn } = await startStalling({ lag: { requests: 2 } });
    const first = await interrupt(await start(commandLine(simulator, name), { cwd: folder.path }));
    expect(first.exitCode).toBe(130);
    expect(first.stderr).toMatch(/To go on after [\d,]+ records: the same command again \(run\.json\)\.\n$/);
    const { records } = saved().checkpoint;
    expect(records).toBeGreaterThan(0);

    goOn();
    const second = await run(commandLine(simulator, name, "--json"), { cwd: folder.path });
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stderr).toContain(
      `Going on after ${records.toLocaleString("en-US")} records, as run.json says.\n`,
    );
    expect(JSON.parse(second.stdout)).toMatchObject({ received: 60_000 - records });
    expect(existsSync(folder.file("run.json"))).toBe(false);
    simulator.settle();
    expect(differences(simulator.audience("vips"), oracle(list))).toEqual([]);
    await simulator.close();
  },
);

test("the rejections of both runs are in the file, each once", async () => {
  const bad = ["bad-1,ad,", "bad-2,ad,"];
  const lines = csv(actions(40_000)).split("\n");
  folder.write("input.csv", [lines[0], bad[0], ...lines.slice(1, -1), bad[1], ""].join("\n"));
  const { simulator, goOn } = await startStalling();
  const args = commandLine(simulator, "input.csv", "--skip-invalid", "--rejected", "rejected.ndjson");
  await interrupt(await start(args, { cwd: folder.path }));
  goOn();
  await run(args, { cwd: folder.path });
  const rejected = ndjson(readFileSync(folder.file("rejected.ndjson"), "utf8")) as { line: number }[];
  expect(rejected.map(({ line }) => line)).toEqual([2, 40_003]);
  await simulator.close();
});

test("a run that is killed leaves what the one that resumes it needs", async () => {
  const list = actions(60_000);
  const lines = csv(list).split("\n");
  folder.write("input.csv", [lines[0], "bad-1,ad,", ...lines.slice(1)].join("\n"));
  const { simulator, goOn } = await startStalling();
  const args = commandLine(simulator, "input.csv", "--skip-invalid", "--rejected", "rejected.ndjson");
  const { child, ended } = await start(args, { cwd: folder.path });
  await until(() => settledRecords() > 0);
  child.kill("SIGKILL");
  await ended;
  goOn();
  await run(args, { cwd: folder.path });
  const rejected = ndjson(readFileSync(folder.file("rejected.ndjson"), "utf8")) as { line: number }[];
  expect(rejected.map(({ line }) => line)).toEqual([2]);
  expect(differences(simulator.audience("vips"), oracle(list))).toEqual([]);
  await simulator.close();
});

test("what the API refused alone is met again by the run that resumes, and handed back", async () => {
  const list = actions(60_000);
  const victim = list.at(-55_000)!.id;
  folder.write("input.csv", csv(list.filter(({ id }, index) => id !== victim || index === 5_000)));
  const simulator = await startSimulator({
    refuse: ({ id }) => (id === victim ? "no such person" : undefined),
  });
  const files = ["--isolate", "--undelivered", "undelivered.ndjson"];
  const first = await run(commandLine(simulator, "input.csv", ...files), { cwd: folder.path });
  expect(first.exitCode).toBe(1);
  expect(saved().checkpoint.records).toBeLessThanOrEqual(5_000);
  rmSync(folder.file("undelivered.ndjson"));
  const second = await run(commandLine(simulator, "input.csv", ...files), { cwd: folder.path });
  expect(second.exitCode).toBe(1);
  expect(ndjson(readFileSync(folder.file("undelivered.ndjson"), "utf8"))).toMatchObject([{ id: victim }]);
  rmSync(folder.file("run.json"));
  await simulator.close();
});

test("a checkpoint is refused where the input or the command has changed", async () => {
  folder.write("input.csv", csv(actions(40_000)));
  folder.write("other.csv", csv(actions(10)));
  const path = folder.file("input.csv");
  // A whole second, which every file system gives back as it was.
  const modified = new Date(1_700_000_000_000);
  utimesSync(path, modified, modified);
  const { simulator, goOn } = await startStalling();
  await interrupt(await start(commandLine(simulator, "input.csv"), { cwd: folder.path }));
  goOn();
  const { requests } = simulator.counts;
  const again = (...args: string[]) => run(commandLine(simulator, ...args), { cwd: folder.path });

  const original = readFileSync(path);
  const refusals = [
    await again("other.csv"),
    await again("input.csv", "other.csv"),
    await again("input.csv", "--id-column", "at"),
    await run(["update", "others", ...commandLine(simulator, "input.csv").slice(2)], { cwd: folder.path }),
  ];
  folder.write("input.csv", Buffer.concat([original, Buffer.from("1,add,\n")]));
  refusals.push(await again("input.csv"));
  folder.write("input.csv", original);
  utimesSync(path, modified, new Date(modified.getTime() + 5000));
  refusals.push(await again("input.csv"));
  // Only the hash can tell this one: a letter of an id that is settled.
  const changed = Buffer.from(original);
  changed[15] = "X".charCodeAt(0);
  folder.write("input.csv", changed);
  utimesSync(path, modified, modified);
  refusals.push(await again("input.csv"));

  expect(refusals.map(({ exitCode }) => exitCode)).toEqual(Array(7).fill(2));
  expect(refusals.map(({ stderr }) => stderr.trimEnd())).toEqual([
    "error: --checkpoint run.json: is of the input input.csv; delete the checkpoint to begin anew",
    "error: --checkpoint run.json: is of the input input.csv; delete the checkpoint to begin anew",
    "error: --checkpoint run.json: is of the id column id; delete the checkpoint to begin anew",
    "error: --checkpoint run.json: is of the audience vips; delete the checkpoint to begin anew",
    "error: --checkpoint run.json: input.csv has another size than before; delete the checkpoint to begin anew",
    "error: --checkpoint run.json: input.csv was modified since; delete the checkpoint to begin anew",
    expect.stringContaining("input.csv: has changed since the checkpoint was written; delete the checkpoint"),
  ]);
  // The last one may have looked whether all that was sent is applied.
  expect(simulator.counts.updates).toBe(requests);
  rmSync(folder.file("run.json"));
  await simulator.close();
});

test("a pipe is resumed by its hash, and refused where it says something else", async () => {
  const list = actions(40_000);
  const { simulator, goOn } = await startStalling();
  const args = commandLine(simulator, "--format", "csv");
  await interrupt(await start(args, { cwd: folder.path, input: csv(list) }));
  goOn();
  const other = await run(args, { cwd: folder.path, input: csv(list).replace("user-", "uzer-") });
  expect(other).toMatchObject({ exitCode: 2 });
  expect(other.stderr).toContain("standard input: has changed since the checkpoint was written");
  const shorter = await run(args, { cwd: folder.path, input: csv(list.slice(0, 100)) });
  expect(shorter).toMatchObject({ exitCode: 2 });
  expect(await run(args, { cwd: folder.path, input: csv(list) })).toMatchObject({ exitCode: 0 });
  expect(differences(simulator.audience("vips"), oracle(list))).toEqual([]);
  await simulator.close();
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
  const simulator = await startSimulator();
  const args = ["update", "vips", "input.csv", "--base-url", simulator.url, "--checkpoint", path];
  const { exitCode, stdout, stderr } = await run(args, { cwd: folder.path });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(simulator.counts.requests).toBe(0);
  expect(readFileSync(folder.file("notes.txt"), "utf8")).toBe("remember the milk\n");
  await simulator.close();
});

test("a full disk at the start ends the run before anything is sent", async () => {
  folder.write("input.csv", "id,action\n1,add\n");
  symlinkSync("/dev/full", folder.file("run.json.tmp"));
  const simulator = await startSimulator();
  const { exitCode, stderr } = await run(commandLine(simulator, "input.csv"), { cwd: folder.path });
  expect(exitCode).toBe(2);
  expect(stderr).toBe("error: --checkpoint run.json: cannot be written: no space left on device\n");
  expect(simulator.counts.requests).toBe(0);
  expect(existsSync(folder.file("run.json.tmp"))).toBe(false);
  await simulator.close();
});

test("a disk that fills up later costs the checkpoint, not the delivery", async () => {
  const list = actions(40_000);
  folder.write("input.csv", csv(list));
  const temporary = folder.file("run.json.tmp");
  const simulator = await startSimulator({
    onRequest({ number }) {
      if (number !== 2) return;
      rmSync(temporary, { force: true });
      symlinkSync("/dev/full", temporary);
    },
  });
  const { exitCode, stderr } = await run(commandLine(simulator, "input.csv"), { cwd: folder.path });
  expect(exitCode).toBe(0);
  expect(stderr).toBe(
    "warning: the checkpoint could not be written: no space left on device; the run goes on\n",
  );
  expect(differences(simulator.audience("vips"), oracle(list))).toEqual([]);
  expect(existsSync(folder.file("run.json"))).toBe(false);
  await simulator.close();
});

test("a run that sent nothing leaves no checkpoint, so that the input can be corrected", async () => {
  folder.write("input.csv", "id,action\n1,ad\n");
  const simulator = await startSimulator();
  const { exitCode } = await run(commandLine(simulator, "input.csv"), { cwd: folder.path });
  expect(exitCode).toBe(1);
  expect(existsSync(folder.file("run.json"))).toBe(false);
  await simulator.close();
});

test("a dry run leaves the checkpoint as it is", async () => {
  folder.write("input.csv", csv(actions(40_000)));
  const { simulator } = await startStalling();
  await interrupt(await start(commandLine(simulator, "input.csv"), { cwd: folder.path }));
  const before = readFileSync(folder.file("run.json"), "utf8");
  const { records } = saved().checkpoint;
  const dry = await run(commandLine(simulator, "input.csv", "--dry-run", "--json"), { cwd: folder.path });
  expect(JSON.parse(dry.stdout)).toMatchObject({ received: 40_000 - records });
  expect(readFileSync(folder.file("run.json"), "utf8")).toBe(before);
  rmSync(folder.file("run.json"));
  await simulator.close();
});
