import { existsSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  enterFolder,
  type Folder,
  runCli,
  type Simulator,
  type SimulatorOptions,
  startApi,
  startCli,
  until,
} from "../../support/cli.ts";

interface Saved {
  audience: string;
  inputs: unknown[];
  settled: { records: number; bytes: number };
  checkpoint: { records: number; indexingTokens?: string[] };
}

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("in.csv", `id,action\n${Array.from({ length: 40_000 }, (_, id) => `${id},add\n`).join("")}`);
  folder.write("other.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());
beforeEach(() => {
  rmSync("run.json", { force: true });
  rmSync("run.json.lock", { force: true });
});

function args(api: Simulator, audience: string, input: string, ...more: string[]): string[] {
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint", "run.json"];
  return ["update", audience, input, ...settings, ...more];
}

const read = (): Saved => JSON.parse(readFileSync("run.json", "utf8")) as Saved;

/** The checkpoint of a run that was interrupted, of whose requests only some are answered. */
async function interrupted(isAnswered: (request: number) => boolean, options: SimulatorOptions = {}) {
  let stalls = true;
  const api = await startApi({
    ...options,
    script: ({ number }) => (stalls && !isAnswered(number) ? { breakage: "hang" } : "ok"),
  });
  const { ended, interrupt } = startCli(args(api, "vips", "in.csv"));
  await until(() => api.counts.updates === 4 && (read().checkpoint.indexingTokens ?? []).length > 0);
  interrupt();
  expect(await ended).toMatchObject({ exitCode: 130 });
  stalls = false;
  return api;
}

test("a checkpoint that is not exactly as a run wrote it is refused, and nothing is sent", async () => {
  const api = await interrupted((request) => request <= 2);
  const original = read();
  expect(original.checkpoint.records).toBeGreaterThan(0);
  const changes: ((saved: Saved) => unknown)[] = [
    (saved) => (saved.checkpoint.records += 1),
    (saved) => {
      saved.checkpoint.records += 15_000;
      saved.settled.records += 15_000;
    },
    (saved) => saved.checkpoint.indexingTokens?.pop(),
    (saved) => (saved.inputs = [null]),
    (saved) => (saved.audience = "others"),
    (saved) => delete (saved as Partial<Saved>).settled,
  ];
  const changed = changes.map((change) => {
    const saved = structuredClone(original);
    change(saved);
    return JSON.stringify(saved);
  });
  const nested = `{"version":1,"checkpoint":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  for (const text of [...changed, nested]) {
    folder.write("run.json", text);
    const { exitCode, stderr } = await runCli(args(api, "vips", "in.csv"));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        "error: --checkpoint run.json: is damaged or was changed by hand; delete the checkpoint to start over\n",
    });
  }
  expect(api.counts.updates).toBe(4);
  folder.write("run.json", JSON.stringify(original));
  expect(await runCli(args(api, "vips", "in.csv"))).toMatchObject({ exitCode: 0 });
});

test("with requests that may not be applied, a checkpoint fits only its run, even where no record is done", async () => {
  const api = await interrupted((request) => request !== 1);
  expect(read().checkpoint).toMatchObject({ records: 0, indexingTokens: expect.arrayContaining([]) });
  const other = await runCli(args(api, "others", "in.csv"));
  expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is of the audience vips") });
  const input = await runCli(args(api, "vips", "other.csv"));
  expect(input).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is of the input in.csv") });
  expect(read().checkpoint.records).toBe(0);
});

test("a checkpoint of a run that achieved nothing does not prevent another run", async () => {
  const refusing = await startApi({ restKey: "another" });
  expect(await runCli(args(refusing, "vips", "in.csv"))).toMatchObject({ exitCode: 1 });
  expect(read().checkpoint).toEqual({ records: 0 });
  const api = await startApi();
  expect(await runCli(args(api, "others", "other.csv"))).toMatchObject({ exitCode: 0, stderr: "" });
  expect(existsSync("run.json")).toBe(false);
});

test("a checkpoint that is no regular file is refused", async () => {
  const api = await startApi();
  const command = args(api, "vips", "other.csv").map((arg) => (arg === "run.json" ? "/dev/null" : arg));
  expect(await runCli(command)).toMatchObject({
    exitCode: 2,
    stderr: "error: --checkpoint /dev/null: is not a regular file\n",
  });
});

test("two runs cannot use one checkpoint at a time", async () => {
  const api = await startApi({ script: () => ({ breakage: "hang" }) });
  const first = startCli(args(api, "vips", "in.csv"));
  await until(() => api.counts.updates > 0);
  const second = await runCli(args(api, "vips", "in.csv"));
  expect(second).toMatchObject({
    exitCode: 2,
    stderr: `error: --checkpoint run.json: is in use by process ${process.pid} on ${hostname()}; if there is no such run, delete run.json.lock\n`,
  });
  // Who only looks is not in the way.
  expect(await runCli(args(api, "vips", "in.csv", "--dry-run"))).toMatchObject({ exitCode: 0 });
  first.interrupt();
  expect(await first.ended).toMatchObject({ exitCode: 130 });
  expect(existsSync("run.json.lock")).toBe(false);
});
