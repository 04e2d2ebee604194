// What runs at once, and with which client.

import type { AudienceClient } from "batch-audiences";
import type { AudienceCall } from "../support/oracle.ts";
import type { Clients } from "./clients.ts";
import { audienceCalls, endless, longInputs, mirrors, type Program, shortUpdates } from "./programs.ts";
import { deliveredQueue } from "./queue-program.ts";
import type { World } from "./world.ts";

interface Started {
  /** The audiences of each client or pair of clients. */
  names: Record<string, string[]>;
  /** Resolves to all calls of all programs. */
  running: Promise<Iterable<AudienceCall>>;
}

/** Those that there are from the beginning. The others are created. */
export const AUDIENCES = [
  ...["short-1", "short-2", "short-3", "short-4", "long-1", "long-2", "list-1", "list-2"],
  ...["endless-1", "queue-1"],
];

export function startPrograms(world: World, { alone, redis, postgres }: Clients): Started {
  const names: Started["names"] = {};
  const programs: Promise<Iterable<AudienceCall>>[] = [];
  const start = (clients: string, client: AudienceClient, audience: string, program: Program) => {
    names[clients] = [...(names[clients] ?? []), audience];
    programs.push(orEnd(world, audience, program({ world, client, audience, number: programs.length })));
  };

  const ours = "a client with a rate of its own";
  start(ours, alone, "short-1", shortUpdates);
  start(ours, alone, "long-1", longInputs);
  start(ours, alone, "list-1", mirrors);
  start(ours, alone, "made-1", audienceCalls);
  if (redis !== undefined) {
    const shared = "two clients that share one on Redis";
    const [one, other] = redis;
    start(shared, one, "short-2", shortUpdates);
    start(shared, one, "list-2", mirrors);
    start(shared, other, "short-3", shortUpdates);
    start(shared, other, "endless-1", endless);
    start(shared, other, "made-2", audienceCalls);
  }
  if (postgres !== undefined) {
    const shared = "two clients that share one on PostgreSQL, one of them a deliverer";
    const [one, deliverer] = postgres.clients;
    start(shared, one, "short-4", shortUpdates);
    start(shared, one, "long-2", longInputs);
    start(shared, deliverer, "queue-1", (place) => deliveredQueue(place, postgres));
  }
  return { names, running: Promise.all(programs).then((calls) => flat(calls)) };
}

/** One program that fails ends the soak. */
async function orEnd(world: World, audience: string, program: ReturnType<Program>) {
  try {
    return await program;
  } catch (error) {
    world.wrong.push(`${audience}: ${error instanceof Error ? error.stack : error}`);
    world.end();
    return [];
  }
}

function* flat<T>(lists: readonly Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}
