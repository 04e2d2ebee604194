// The whole library against the fake in virtual time, all of it drawn by one seed: what programs do, when they are killed or
// stopped, and what the server does to them. The programs run at once and share their rate.

import type { FakeBatch } from "../../../src/testing/index.ts";
import { createRandom } from "../../support/random.ts";
import { calls, lists, spills, updates } from "./programs.ts";
import { queue } from "./queue.ts";
import { createWorlds, type Program } from "./world.ts";

interface Simulated {
  /** What went wrong, in words. */
  wrong: string[];
  /** The requests, each with its time. The same seed gives the same ones. */
  log: string[];
  /** How often it met what. */
  met: Map<string, number>;
}

/** What is wrong with a seed: with what it ends in, or with a second run of it, which must be the same. */
export async function twice(seed: number): Promise<Simulated> {
  const first = await simulate(seed);
  const { log: again } = await simulate(seed);
  const { wrong, log } = first;
  const at = log.findIndex((line, index) => line !== again[index]);
  if (at >= 0) wrong.push(`the second run differs: ${log[at]} is ${again[at]}`);
  else if (log.length < again.length) wrong.push("the second run has more requests");
  return first;
}

/** A queue sends many statements, and each takes longer than a request. */
const SEEDS_PER_DATABASE = 50;

const PROGRAMS: readonly Program[] = [updates, lists, calls, spills];

async function simulate(seed: number): Promise<Simulated> {
  const random = createRandom(seed);
  const met = new Map<string, number>();
  const count = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
  const withDatabase = seed % SEEDS_PER_DATABASE === 0;
  const world = await createWorlds(seed, random, { withDatabase, count });
  const some = PROGRAMS.filter(() => random() < 0.6);
  const programs = [...(some.length > 0 ? some : PROGRAMS), ...(withDatabase ? [queue] : [])];
  const wrong = (await Promise.all(programs.map((program, at) => program(world(at), program.name)))).flat();
  const { fake } = world(0);
  await fake.settled();
  wrong.push(...fake.violations.slice(0, 3).map((violation) => JSON.stringify(violation)));
  for (const { route, fault } of fake.requests) {
    count(route);
    if (fault !== undefined) count(`fault ${fault}`);
  }
  return { wrong, log: logOf(fake), met };
}

function logOf({ requests }: FakeBatch): string[] {
  return requests.map(({ number, at, endedAt, route, audience, ids, status, fault }) =>
    [number, at, endedAt, route, audience, ids?.join(","), status, fault].join(" "),
  );
}
