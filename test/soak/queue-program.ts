// The queue on PostgreSQL: one program enqueues, another one delivers.

import { setTimeout as sleep } from "node:timers/promises";
import { createDeliverer, enqueue } from "batch-audiences/postgres";
import { drawActions } from "../support/actions.ts";
import type { AudienceCall } from "../support/oracle.ts";
import type { OnPostgres } from "./clients.ts";
import type { Place } from "./programs.ts";

const BATCH = 25;
const IDS = 5_000;
const PAUSE_MS = 500;

export async function deliveredQueue(
  { world, client, audience, number }: Place,
  { db, schema, timeoutMs }: OnPostgres,
): Promise<Iterable<AudienceCall>> {
  const batchOf = (round: number) => [...drawActions(world.randomOf(number, round), BATCH, IDS)];
  const ended = new AbortController();
  const deliverer = createDeliverer({
    db,
    client,
    schema,
    timeoutMs,
    ttlMs: 3 * timeoutMs,
    onDelivered: ({ report }) => world.add("delivery", report),
    onError: (error) => world.wrong.push(`the deliverer: ${error}`),
  });
  const running = deliverer.run(ended.signal);
  let rounds = 0;
  for (; !world.isOver; rounds++) {
    await enqueue(db, audience, batchOf(rounds), { schema });
    await sleep(PAUSE_MS);
  }
  while ((await db.query(`SELECT FROM ${schema}.queue LIMIT 1`)).rowCount !== 0) await sleep(PAUSE_MS);
  ended.abort();
  await running;
  const actions = Array.from({ length: rounds }, (_, round) => batchOf(round)).flat();
  return [{ call: "update", audience, actions }];
}
