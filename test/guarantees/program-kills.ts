// `npm run soak:kills -- --kills 200 --seed 1`: kills the built command line at random moments, under faults, and runs the same
// command again, until it ends. Each round must end exactly as its input says.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { randomActions } from "../support/actions.ts";
import { builtProgram } from "../support/cli-build.ts";
import { type FakeBatchServer, startFakeBatch } from "../support/fake-server.ts";
import { differences, oracle } from "../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../support/random.ts";

const MOST_KILLS_OF_A_ROUND = 5;
const ACTIONS = 20_000;
const IDS = 12_000;

const KEYS = { BATCH_REST_KEY: "rest-key", BATCH_PROJECT_KEY: "project-key" };
const KINDS = {
  update: ["update", "vips", "input.ndjson", "--no-spill", "--checkpoint", "run.json", "--window", "1500"],
  "long input": [
    "update",
    "vips",
    "input.ndjson",
    "--work-dir",
    "work",
    "--checkpoint",
    "run.json",
    "--window",
    "1500",
  ],
  mirror: ["mirror", "vips", "input.ndjson", "--state", "state", "--first", "empty", "--max-removed", "100%"],
};
type Kind = keyof typeof KINDS;
/** Later moments hardly ever come. */
const LATEST: Record<Kind, { ms: number; requests: number }> = {
  update: { ms: 1500, requests: 12 },
  "long input": { ms: 700, requests: 2 },
  mirror: { ms: 700, requests: 2 },
};

/** When a program is killed: so long after its start, or once the server has got so many requests of it. */
interface Moment {
  kind: Kind;
  ms?: number;
  requests?: number;
}

const { values } = parseArgs({
  options: { kills: { type: "string", default: "200" }, seed: { type: "string" } },
});
const kills = Number(values.kills);
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (!(kills >= 1) || !Number.isSafeInteger(firstSeed)) {
  console.error("Expected --kills to be a number from 1 and --seed to be a whole number.");
  process.exit(2);
}

const program = await builtProgram();
let killed = 0;
for (let seed = firstSeed; killed < kills; seed++) {
  const { moments, wrong } = await round(seed, Math.min(MOST_KILLS_OF_A_ROUND, kills - killed));
  killed += moments.length;
  console.log(`Seed ${seed}, ${killed} kills: ${moments.map(shown).join(", ") || "none"}.`);
  if (wrong.length === 0) continue;
  console.error(`${wrong.join("\n")}\nnpm run soak:kills -- --kills 1 --seed ${seed}`);
  process.exit(1);
}
console.log(`${killed} programs were killed, and each round ended as its input says.`);

/** Kills of one kind of command on one input, and the run after them, which has to end well. */
async function round(seed: number, mostKills: number): Promise<{ moments: Moment[]; wrong: string[] }> {
  const random = createRandom(seed);
  const kind = pick<Kind>(random, ["update", "long input", "mirror"]);
  const folder = mkdtempSync(join(tmpdir(), "kills-"));
  const server = await startFakeBatch({
    seed,
    indexLag: { requests: 5 },
    faults: { serverError: 0.04, reset: 0.03, resetMidRequest: 0.02, truncated: 0.02, noToken: 0.02 },
    latencyMs: (random) => integer(random, 40),
  });
  const moments: Moment[] = [];
  try {
    mkdirSync(join(folder, "work"));
    for (let left = mostKills; left > 0; left--) {
      const expected = writeInput(folder, kind, random);
      const moment = momentOf(random, kind);
      const { code, stderr } = await run(folder, server, kind, moment);
      if (code === null) moments.push(moment);
      else if (code !== 0) return { moments, wrong: [`exit code ${code}: ${stderr}`] };
      await takenIn(server);
      // Of an update, what follows has to be the same input; it is over once it has ended.
      if (code === 0) return { moments, wrong: await wrongIn(server, expected) };
    }
    const expected = writeInput(folder, kind, random);
    const { code, stderr } = await run(folder, server, kind);
    if (code !== 0) return { moments, wrong: [`exit code ${code}: ${stderr}`] };
    return { moments, wrong: await wrongIn(server, expected) };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

/** A mirror gets a newer list for each run; an update has to be given the same file again, untouched. */
function writeInput(folder: string, kind: Kind, random: Random): ReturnType<typeof oracle> {
  const seed = kind === "mirror" ? integer(random, 1e6) : 1;
  const actions = randomActions(createRandom(seed), ACTIONS, IDS).map(({ action, id }) => ({ action, id }));
  const adds = actions.filter(({ action }) => action === "add");
  const records = kind === "mirror" ? adds.map(({ id }) => ({ id })) : actions;
  const path = join(folder, "input.ndjson");
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  if (kind === "mirror" || !existsSync(path)) writeFileSync(path, text);
  return oracle(kind === "mirror" ? adds : actions);
}

function momentOf(random: Random, kind: Kind): Moment {
  const { ms, requests } = LATEST[kind];
  return random() < 0.5
    ? { kind, ms: integer(random, ms) }
    : { kind, requests: 1 + integer(random, requests - 1) };
}

function shown({ kind, ms, requests }: Moment): string {
  return `${kind} ${ms === undefined ? `at request ${requests}` : `after ${ms} ms`}`;
}

/** `code` is null if it was killed. */
async function run(folder: string, server: FakeBatchServer, kind: Kind, moment?: Moment) {
  const args = [program, ...KINDS[kind], "--base-url", server.url, "--rate", "Infinity", "--json"];
  const env = { PATH: process.env.PATH, ...KEYS };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  const stderr = child.stderr.toArray();
  const ended = once(child, "close") as Promise<[number | null]>;
  let hasEnded = false;
  const ending = ended.then(() => {
    hasEnded = true;
  });
  if (moment?.ms !== undefined) await Promise.race([sleep(moment.ms), ending]);
  if (moment?.requests !== undefined) {
    const last = server.counts.requests + moment.requests;
    while (!hasEnded && server.counts.requests < last) await sleep(1);
  }
  if (moment !== undefined) child.kill("SIGKILL");
  const [code] = await ended;
  return { code, stderr: (await stderr).join("") };
}

/** What a network holds back for longer, no client can undo. */
async function takenIn(server: FakeBatchServer): Promise<void> {
  while (server.requests.some(({ endedAt }) => endedAt === undefined)) await sleep(1);
  await sleep(20);
}

async function wrongIn(server: FakeBatchServer, expected: ReturnType<typeof oracle>): Promise<string[]> {
  await server.settled();
  const broken = server.violations.slice(0, 3).map((violation) => JSON.stringify(violation));
  return [...broken, ...differences(server.audience("vips").members, expected, 3)];
}
