// What the programs of a simulation share: the server, the rate and what is counted.

import { type AudienceClient, createAudienceClient } from "../../../src/client.ts";
import type { Limiter } from "../../../src/options.ts";
import type { Runtime } from "../../../src/runtime.ts";
import {
  createFakeBatch,
  evenly,
  type FakeBatch,
  type FakeBatchOptions,
  PASSING_FAULTS,
} from "../../../src/testing/index.ts";
import { DEATHS, Mortal } from "../../support/mortal.ts";
import { differences, type oracle } from "../../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../../support/random.ts";
import { SimulatedDatabase } from "./database.ts";

/** What a program of a simulation works with. */
export interface World {
  random: Random;
  fake: FakeBatch;
  /** In few seeds: it takes longer than all the rest. */
  database: SimulatedDatabase | undefined;
  /** A client of a process of its own. */
  client(process: Mortal, timeoutMs?: number): AudienceClient;
  /** Counts what the seed is worth. */
  count(what: string): void;
}

/** Resolves to what is wrong with its reports. */
export type Program = (world: World, audience: string) => Promise<string[]>;

const REQUESTS_PER_SECOND = 4;

/** One server and one rate, and for each program randomness of its own. */
export async function createWorlds(
  seed: number,
  random: Random,
  { withDatabase, count }: { withDatabase: boolean; count: World["count"] },
): Promise<(name: number) => World> {
  const fake = createFakeBatch(serverOf(random, seed));
  const { runtime } = fake;
  const database = withDatabase ? await SimulatedDatabase.empty(runtime) : undefined;
  const shared = limiterOf(runtime);
  const client = (process: Mortal, timeoutMs?: number) => {
    const limiter = database?.limiter(process, REQUESTS_PER_SECOND) ?? shared;
    return clientOf(fake, process, limiter, timeoutMs);
  };
  return (name) => ({ random: createRandom(seed, name), fake, database, client, count });
}

/** What the server does. It holds back nothing for longer than a connection lasts: that no client can undo. */
function serverOf(random: Random, seed: number): FakeBatchOptions {
  return {
    seed,
    audiences: ["updates", "lists", "spills", "queue-0", "queue-1"],
    // Often short: while a client waits, it does nothing but poll. Some requests outlast the lease of who has sent them.
    indexLag: pick(random, [
      { requests: integer(random, 6) },
      { requests: integer(random, 15) },
      { ms: integer(random, 1_500) },
      { ms: integer(random, 20_000) },
    ]),
    order: pick(random, ["random", "random", "fifo"]),
    faults: evenly(pick(random, [0, 0.1, 0.3]), PASSING_FAULTS),
    retryAfter: (random) => (random() < 0.5 ? undefined : "1"),
    latencyMs: (random) => integer(random, 700),
    hiddenViews: pick(random, [0, 0, 2]),
    requestsPerSecond: REQUESTS_PER_SECOND,
  };
}

function clientOf(
  { fetch, runtime }: FakeBatch,
  process: Mortal,
  limiter: Limiter,
  timeoutMs: number | undefined,
): AudienceClient {
  return createAudienceClient({
    restKey: "a-key-of-more-than-16-characters",
    projectKey: "project",
    fetch: process.fetch(fetch),
    limiter: process.limiter(limiter),
    retry: { retries: 100 },
    requestsPerSecond: REQUESTS_PER_SECOND,
    timeoutMs,
    runtime,
  });
}

/** Shared by all clients, as one on a database is. */
function limiterOf(runtime: Runtime): Limiter {
  let next = 0;
  return {
    async turn(signal) {
      while (next > runtime.now()) await runtime.sleep(next - runtime.now(), signal);
      next = runtime.now() + 1000 / REQUESTS_PER_SECOND;
    },
    pause(ms) {
      next = Math.max(next, runtime.now() + ms);
    },
  };
}

export function mortal(random: Random, dies: boolean, operations: number): Mortal {
  return new Mortal(dies ? integer(random, operations) : Number.POSITIVE_INFINITY, pick(random, DEATHS));
}

/** Before a process comes back: often so short that little of what the one before has sent is applied. */
export function pause({ runtime }: FakeBatch, random: Random): Promise<void> {
  return runtime.sleep(integer(random, pick(random, [0, 1_000, 5_000])));
}

export async function wrongIn(
  fake: FakeBatch,
  audience: string,
  expected: ReturnType<typeof oracle>,
): Promise<string[]> {
  await fake.settled();
  return differences(fake.audience(audience).members, expected, 3).map((text) => `${audience}: ${text}`);
}
