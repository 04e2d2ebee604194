// The whole library against the fake in virtual time, all of it drawn by one seed: what programs do, when they are killed or
// stopped, and what the server does to them. The programs run at once and share their rate.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AudienceMember } from "../../src/actions/action.ts";
import { type AudienceClient, createAudienceClient } from "../../src/client.ts";
import { mirror } from "../../src/mirror/index.ts";
import { createDirectory } from "../../src/node/directory.ts";
import { type Files, systemFiles } from "../../src/node/files.ts";
import type { Limiter } from "../../src/options.ts";
import type { Runtime } from "../../src/runtime.ts";
import {
  createFakeBatch,
  evenly,
  type FakeBatch,
  type FakeBatchOptions,
  memorySnapshotStore,
  PASSING_FAULTS,
} from "../../src/testing/index.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { randomActions } from "../support/actions.ts";
import { turns } from "../support/event-loop.ts";
import { Mortal } from "../support/mortal.ts";
import { type AudienceCall, differences, imbalance, oracle, problemsAfter } from "../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../support/random.ts";
import { isExpected, perform, randomCall } from "./audience-calls.ts";

interface Simulated {
  /** What went wrong, in words. */
  wrong: string[];
  /** The requests, each with its time. The same seed gives the same ones. */
  log: string[];
}

/** What a program of a simulation works with. */
interface World {
  random: Random;
  fake: FakeBatch;
  /** A client of a process of its own. */
  client(process: Mortal): AudienceClient;
}

/** Resolves to what is wrong with its reports. */
type Program = (world: World, audience: string) => Promise<string[]>;

const INTERVAL_MS = 100;

/** What the server does. It holds back nothing for longer than a connection lasts: that no client can undo. */
function serverOf(random: Random, seed: number): FakeBatchOptions {
  return {
    seed,
    audiences: ["updates", "lists", "spills"],
    indexLag: pick(random, [{ requests: integer(random, 25) }, { ms: integer(random, 3_000) }]),
    order: pick(random, ["random", "random", "fifo"]),
    faults: evenly(pick(random, [0, 0.1, 0.3]), PASSING_FAULTS),
    retryAfter: (random) => (random() < 0.5 ? undefined : "1"),
    latencyMs: (random) => integer(random, 300),
    hiddenViews: pick(random, [0, 0, 2]),
    requestsPerSecond: 1000 / INTERVAL_MS,
  };
}

/** What is wrong with a seed: with what it ends in, or with a second run of it, which must be the same. */
export async function problemsOf(seed: number): Promise<string[]> {
  const { wrong, log } = await simulate(seed);
  const again = await simulate(seed);
  const at = log.findIndex((line, index) => line !== again.log[index]);
  if (at >= 0) return [...wrong, `the second run differs: ${log[at]} is ${again.log[at]}`];
  return log.length === again.log.length ? wrong : [...wrong, "the second run has more requests"];
}

async function simulate(seed: number): Promise<Simulated> {
  const random = createRandom(seed);
  const fake = createFakeBatch(serverOf(random, seed));
  const limiter = limiterOf(fake.runtime);
  const world = (name: number): World => ({
    random: createRandom(seed, name),
    fake,
    client: (process) => clientOf(fake, process, limiter),
  });
  const programs = [updates, lists, calls].filter(() => random() < 0.75);
  const wrong = await Promise.all(programs.map((program, at) => program(world(at), program.name)));
  // A disk takes time of ours, in which virtual time must not pass: so this one runs alone.
  if (random() < 0.3 || programs.length === 0) wrong.push(await spills(world(9), "spills"));
  await fake.settled();
  const log = fake.requests.map(({ number, at, endedAt, route, audience, ids, status, fault }) =>
    [number, at, endedAt, route, audience, ids?.join(","), status, fault].join(" "),
  );
  const broken = fake.violations.slice(0, 3).map((violation) => JSON.stringify(violation));
  return { wrong: [...wrong.flat(), ...broken], log };
}

/** Processes that read one source, and are killed: each begins at the last checkpoint of the one before. */
const updates: Program = async ({ random, fake, client }, audience) => {
  const actions = randomActions(random, integer(random, 60), 5 + integer(random, 30));
  const options = { window: 5 + integer(random, 40), maxIdsPerRequest: 1 + integer(random, 9) };
  let checkpoint: Checkpoint = { records: 0 };
  for (let deaths = integer(random, 3); ; deaths--) {
    const process = mortal(random, deaths > 0, 25);
    const onProgress = (progress: { checkpoint: Checkpoint }) => {
      if (!process.isDead) checkpoint = JSON.parse(JSON.stringify(progress.checkpoint)) as Checkpoint;
    };
    const run = client(process).update(audience, actions, { ...options, resumeFrom: checkpoint, onProgress });
    const report = await Promise.race([run, process.died]);
    if (report !== "died") {
      const balance = imbalance(report) === 0 ? [] : [`${audience}: a report that does not balance`];
      return [...balance, ...(await wrongIn(fake, audience, oracle(actions)))];
    }
    await turns(5);
  }
};

/** Processes that mirror one list after the other, and are killed. */
const lists: Program = async ({ random, fake, client }, audience) => {
  const state = memorySnapshotStore();
  const options = { baseline: "empty", maxRemoved: "100%", allowEmpty: true } as const;
  let list: AudienceMember[] = [];
  for (let runs = 1 + integer(random, 2); runs >= 0; runs--) {
    list = randomMembers(random);
    const process = mortal(random, runs > 0 && random() < 0.7, 60);
    const ended = mirror(client(process), audience, list, {
      ...options,
      state: process.store(state),
      maxIdsPerRequest: 1 + integer(random, 5),
      reassert: random() < 0.1,
    });
    await Promise.race([ended, process.died]);
    await turns(5);
  }
  return wrongIn(fake, audience, oracle(list.map((member) => ({ ...member, action: "add" as const }))));
};

/** Calls of every kind for two audiences, all made at once. */
const calls: Program = async ({ random, fake, client }) => {
  const process = new Mortal();
  const caller = client(process);
  const made: AudienceCall[] = [];
  for (const audience of ["one", "two"]) {
    made.push({ call: "create", audience });
    for (let count = integer(random, 6); count > 0; count--) made.push(randomCall(random, audience));
  }
  const ended = await Promise.allSettled(made.map((call) => perform(caller, call)));
  const rejected = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  const unexpected = rejected.filter((error) => !isExpected(error)).map(String);
  const ours = (name: string) => name === "one" || name === "two";
  return [...unexpected, ...problemsAfter(onlyThose(fake, ours), made)];
};

/** A process that spills and is stopped, and takes up what is on the disk when it comes back. */
const spills: Program = async ({ random, fake, client }, audience) => {
  const actions = randomActions(random, integer(random, 80), 10 + integer(random, 40));
  const path = mkdtempSync(join(tmpdir(), "simulation-"));
  const options = { window: 5 + integer(random, 20), maxIdsPerRequest: 1 + integer(random, 9) };
  let resumeFrom: Checkpoint | undefined;
  try {
    for (let stops = integer(random, 3); ; stops--) {
      const stop = new AbortController();
      let left = stops > 0 ? integer(random, 20) : Number.POSITIVE_INFINITY;
      const onProgress = () => {
        if (left-- <= 0) stop.abort(new Error("stopped"));
      };
      const spill = createDirectory(join(path, "spill"), instantly);
      const run = client(new Mortal()).update(audience, actions, {
        ...options,
        spill,
        resumeFrom,
        onProgress,
        signal: stop.signal,
      });
      const error = await run.then(() => undefined).catch((error: unknown) => error);
      if (error === undefined) return await wrongIn(fake, audience, oracle(actions));
      if (!(error instanceof UpdateError && stop.signal.aborted)) return [`${audience}: ${error}`];
      resumeFrom = error.report.checkpoint;
      await turns(5);
    }
  } finally {
    rmSync(path, { recursive: true });
  }
};

const instantly: Files = {
  ...systemFiles,
  read: async (...args) => systemFiles.readNow(...args),
  sync: async () => {},
};

function mortal(random: Random, dies: boolean, operations: number): Mortal {
  return new Mortal(dies ? integer(random, operations) : Number.POSITIVE_INFINITY, random() < 0.5);
}

function randomMembers(random: Random): AudienceMember[] {
  const ids = Array.from({ length: integer(random, 25) }, () => `id-${integer(random, 30)}`);
  return ids.map((id) => ({ id, attributes: { v: integer(random, 2) } }));
}

async function wrongIn(fake: FakeBatch, audience: string, expected: ReturnType<typeof oracle>) {
  await fake.settled();
  return differences(fake.audience(audience).members, expected, 3).map((text) => `${audience}: ${text}`);
}

function onlyThose(fake: FakeBatch, isOurs: (name: string) => boolean) {
  const audiences = () => new Map([...fake.audiences()].filter(([name]) => isOurs(name)));
  return { audience: fake.audience, audiences, settled: fake.settled, violations: [] };
}

function clientOf({ fetch, runtime }: FakeBatch, process: Mortal, limiter: Limiter): AudienceClient {
  return createAudienceClient({
    restKey: "rest",
    projectKey: "project",
    fetch: process.fetch(fetch),
    limiter: process.limiter(limiter),
    retry: { retries: 100 },
    requestsPerSecond: 1000 / INTERVAL_MS,
    runtime,
  });
}

/** Shared by all clients, as one on a database is. */
function limiterOf(runtime: Runtime): Limiter {
  let next = 0;
  return {
    async turn(signal) {
      while (next > runtime.now()) await runtime.sleep(next - runtime.now(), signal);
      next = runtime.now() + INTERVAL_MS;
    },
    pause(ms) {
      next = Math.max(next, runtime.now() + ms);
    },
  };
}
