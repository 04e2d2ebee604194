// Programs that enqueue, and deliverers that deliver, on one database. Those that are killed come back with nothing but its rows.

import type { AudienceAction } from "../../../src/actions/action.ts";
import { PostgresDeliverer } from "../../../src/postgres/deliverer.ts";
import { enqueue } from "../../../src/postgres/enqueue.ts";
import { randomActions } from "../../support/actions.ts";
import type { Mortal } from "../../support/mortal.ts";
import { oracle } from "../../support/oracle.ts";
import { integer } from "../../support/random.ts";
import { OPTIONS, type SimulatedDatabase } from "./database.ts";
import { mortal, type Program, pause, type World, wrongIn } from "./world.ts";

/** Short: what a deliverer has left is then often not applied yet when the next one takes over. */
const TIMES = { timeoutMs: 1_500, ttlMs: 4_000 };
/** In this time everything is delivered, whatever happens to the programs. */
const MAX_MS = 3_600_000;

interface Producer {
  name: string;
  audience: string;
  batches: AudienceAction[][];
}

export const queue: Program = async (world) => {
  const { fake, random, database } = world;
  if (database === undefined) throw new Error("a queue needs a database");
  const producers = ["a", "b", "c"].map((name, at): Producer => {
    const batches = Array.from({ length: 1 + integer(random, 4) }, () => randomBatch(world, name));
    return { name, audience: `queue-${at % 2}`, batches };
  });
  const stop = new AbortController();
  const deliverers = [deliver(world, database, stop.signal), deliver(world, database, stop.signal)];
  await Promise.all(producers.map((producer) => produce(world, database, producer)));
  const left = await untilEmpty(world, database);
  stop.abort();
  const wrong = [left, ...(await Promise.all(deliverers))].flat();
  for (const audience of ["queue-0", "queue-1"]) {
    const its = producers.filter((producer) => producer.audience === audience);
    const actions = its.flatMap(({ batches }) => batches.flat());
    wrong.push(...(await wrongIn(fake, audience, oracle(actions))));
  }
  return wrong;
};

/** Two producers with the same audience share no id: the order of their transactions is then of no account. */
function randomBatch({ random }: World, name: string): AudienceAction[] {
  const actions = randomActions(random, 1 + integer(random, 8), 10);
  return actions.map((action) => ({ ...action, id: `${name}-${action.id}` }));
}

/** Processes that enqueue, and are killed: each begins after the last batch that is committed. */
async function produce(world: World, database: SimulatedDatabase, producer: Producer): Promise<void> {
  const { fake, random, count } = world;
  for (let deaths = integer(random, 2); ; deaths--) {
    const process = mortal(random, deaths > 0, 12);
    const end = await Promise.race([enqueueAll(process, world, database, producer), process.died]);
    if (end !== "died") return;
    count("producer killed");
    await pause(fake, random);
  }
}

async function enqueueAll(
  process: Mortal,
  { fake, random }: World,
  database: SimulatedDatabase,
  { name, audience, batches }: Producer,
): Promise<void> {
  const text = `SELECT batches FROM ${OPTIONS.schema}.positions WHERE producer = $1`;
  const { rows } = (await process.database(database).query(text, [name])) as { rows: { batches: number }[] };
  for (let at = rows[0]?.batches ?? 0; at < batches.length; at++) {
    await fake.runtime.sleep(integer(random, 2_000));
    await database.transaction(process, async (db) => {
      await enqueue(db, audience, batches[at]!, OPTIONS);
      if (random() < 0.3) await fake.runtime.sleep(integer(random, 500));
      await db.query(
        `INSERT INTO ${OPTIONS.schema}.positions VALUES ($1, $2)
         ON CONFLICT (producer) DO UPDATE SET batches = excluded.batches`,
        [name, at + 1],
      );
    });
  }
}

/** Processes that deliver, and are killed: the lease of such a one runs out. */
async function deliver(world: World, database: SimulatedDatabase, stop: AbortSignal): Promise<string[]> {
  const { fake, random, client, count } = world;
  const errors: string[] = [];
  for (let deaths = integer(random, 3); ; deaths--) {
    const process = mortal(random, deaths > 0 && random() < 0.5, 60);
    // Most of its operations are looks for new actions. While it waits until all is applied, there are few.
    if (deaths > 0) void fake.runtime.sleep(integer(random, 8_000)).then(() => process.kill());
    const deliverer = new PostgresDeliverer(
      {
        ...OPTIONS,
        ...TIMES,
        db: process.database(database),
        client: client(process, TIMES.timeoutMs),
        window: 3 + integer(random, 20),
        onDelivered: () => count("window delivered from the queue"),
        onError: (error) => {
          if (!process.isDead) errors.push(String(error));
        },
      },
      fake.runtime,
    );
    const end = await Promise.race([deliverer.run(stop), process.died]);
    if (end !== "died") return errors;
    count("deliverer killed");
    await pause(fake, random);
  }
}

/** What is wrong with the rows if they do not get to where nothing is left to do. */
async function untilEmpty({ fake }: World, database: SimulatedDatabase): Promise<string[]> {
  const { schema } = OPTIONS;
  const text = `SELECT (SELECT count(*) FROM ${schema}.queue) AS queued, (SELECT count(*) FROM ${schema}.dead_letters) AS dead`;
  const until = fake.runtime.now() + MAX_MS;
  for (;;) {
    const [row] = (await database.query(text)).rows as { queued: number; dead: number }[];
    if (row!.dead > 0) return [`${row!.dead} dead letters`];
    if (row!.queued === 0) return [];
    if (fake.runtime.now() > until) return [`${row!.queued} actions are still in the queue`];
    await fake.runtime.sleep(500);
  }
}
