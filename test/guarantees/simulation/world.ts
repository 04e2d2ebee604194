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
import { Mortal } from "../../support/mortal.ts";
import { differences, type oracle } from "../../support/oracle.ts";
import { createRandom, integer, pick, type Random } from "../../support/random.ts";

/** What a program of a simulation works with. */
export interface World {
  random: Random;
  fake: FakeBatch;
  /** A client of a process of its own. */
  client(process: Mortal): AudienceClient;
  /** Counts what the seed is worth. */
  count(what: string): void;
}

/** Resolves to what is wrong with its reports. */
export type Program = (world: World, audience: string) => Promise<string[]>;

const INTERVAL_MS = 100;

/** One server and one rate, and for each program randomness of its own. */
export function createWorlds(seed: number, random: Random, count: World["count"]): (name: number) => World {
  const fake = createFakeBatch(serverOf(random, seed));
  const limiter = limiterOf(fake.runtime);
  return (name) => ({
    random: createRandom(seed, name),
    fake,
    client: (process) => clientOf(fake, process, limiter),
    count,
  });
}

/** What the server does. It holds back nothing for longer than a connection lasts: that no client can undo. */
function serverOf(random: Random, seed: number): FakeBatchOptions {
  return {
    seed,
    audiences: ["updates", "lists", "spills", "queue"],
    // Mostly short: while a client waits, it does nothing but poll.
    indexLag: pick(random, [
      { requests: integer(random, 6) },
      { requests: integer(random, 25) },
      { ms: integer(random, 600) },
      { ms: integer(random, 3_000) },
    ]),
    order: pick(random, ["random", "random", "fifo"]),
    faults: evenly(pick(random, [0, 0.1, 0.3]), PASSING_FAULTS),
    retryAfter: (random) => (random() < 0.5 ? undefined : "1"),
    latencyMs: (random) => integer(random, 300),
    hiddenViews: pick(random, [0, 0, 2]),
    requestsPerSecond: 1000 / INTERVAL_MS,
  };
}

function clientOf({ fetch, runtime }: FakeBatch, process: Mortal, limiter: Limiter): AudienceClient {
  return createAudienceClient({
    restKey: "a-key-of-more-than-16-characters",
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

export function mortal(random: Random, dies: boolean, operations: number): Mortal {
  return new Mortal(dies ? integer(random, operations) : Number.POSITIVE_INFINITY, random() < 0.5);
}

export async function wrongIn(
  fake: FakeBatch,
  audience: string,
  expected: ReturnType<typeof oracle>,
): Promise<string[]> {
  await fake.settled();
  return differences(fake.audience(audience).members, expected, 3).map((text) => `${audience}: ${text}`);
}
