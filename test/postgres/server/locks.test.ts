// What happens where several connections meet: needs a server.

import { expect, test } from "vitest";
import { createAudienceClient } from "../../../src/client.ts";
import { type Database, Tables } from "../../../src/postgres/database.ts";
import { createDeliverer } from "../../../src/postgres/deliverer.ts";
import { enqueue } from "../../../src/postgres/enqueue.ts";
import { lease } from "../../../src/postgres/lease.ts";
import { Queue } from "../../../src/postgres/queue.ts";
import { systemRuntime } from "../../../src/runtime.ts";
import { createFakeBatch } from "../../../src/testing/index.ts";
import { add, remove } from "../../support/actions.ts";
import { until } from "../../support/event-loop.ts";
import { differences, oracle } from "../../support/oracle.ts";
import {
  createSchema,
  dropSchemasAfterwards,
  pool,
  serverUrl,
  type TestDatabase,
} from "../../support/postgres.ts";

dropSchemasAfterwards();

const never = new AbortController().signal;

async function setUp() {
  const db = await createSchema();
  const held = await lease(db, { ...db.options, ttlMs: 600_000 }).acquire("job", never);
  const fence = { name: "job", fence: held.fence };
  return { db, held, fence, queue: new Queue(new Tables(db, db.schema)) };
}

test("deletes past rows that a producer has locked: to wait for them would be a deadlock (G20)", async () => {
  const { db, queue, held, fence } = await setUp();
  await enqueue(db, "vips", [add("a"), add("b")], db.options);
  const sent = await queue.oldest("vips", 10);
  const connections = pool(serverUrl!);
  const producer = await connections.connect();
  await producer.query("BEGIN");
  await enqueue(producer, "vips", [remove("b")], db.options);
  const finishing = queue.finish("vips", sent, fence);
  // Without SKIP LOCKED it holds "a" and waits for "b", until the producer waits for "a": PostgreSQL then ends one of them.
  await Promise.race([finishing, blocked(db)]);
  await enqueue(producer, "vips", [remove("a")], db.options);
  await producer.query("COMMIT");
  const left = await finishing;
  expect(left.map(({ key }) => key)).toEqual(["b"]);
  expect((await queue.oldest("vips", 10)).map(({ action }) => action)).toEqual([remove("b"), remove("a")]);
  producer.release();
  await connections.close();
  await held.release();
});

test("producers that enqueue the same ids in any order do not wait for each other for ever", async () => {
  const { db, held } = await setUp();
  const connections = pool(serverUrl!, { max: 4 });
  const some = Array.from({ length: 300 }, (_, n) => add(`${n}`));
  const rounds = Array.from({ length: 40 }, (_, round) => (round % 2 === 0 ? some : some.toReversed()));
  await Promise.all(rounds.map((actions) => enqueue(connections, "vips", actions, db.options)));
  expect(await db.rows("SELECT id FROM {schema}.queue")).toHaveLength(300);
  await connections.close();
  await held.release();
});

test("what is applied is not sent again while a transaction holds its row", async () => {
  const { db, held } = await setUp();
  await held.release();
  await enqueue(db, "vips", [add("a"), add("b")], db.options);
  const connections = pool(serverUrl!);
  const producer = await connections.connect();
  await producer.query("BEGIN");
  await enqueue(producer, "vips", [remove("a")], db.options);
  const fake = createFakeBatch({ runtime: systemRuntime });
  const { fetch } = fake;
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project",
    fetch,
    requestsPerSecond: Number.POSITIVE_INFINITY,
  });
  let statements = 0;
  const counting: Database = {
    query: (text, values) => {
      statements++;
      return db.query(text, values);
    },
  };
  const stop = new AbortController();
  const deliverer = createDeliverer({ db: counting, client, ...db.options, pollMs: 5 });
  const running = deliverer.run(stop.signal);
  try {
    while ((await db.rows("SELECT id FROM {schema}.queue")).length > 1);
    const statementsBefore = statements;
    // It looks again and again, and tries to delete it.
    await until(() => statements > statementsBefore + 20);
    expect(fake.counts.updates).toBe(1);
    await producer.query("COMMIT");
    while ((await db.rows("SELECT id FROM {schema}.queue")).length > 0);
    expect(fake.counts.updates).toBe(2);
    expect(differences(fake.audience("vips").members, oracle([add("b")]))).toEqual([]);
  } finally {
    // An open transaction would hold the schema for ever.
    await producer.query("ROLLBACK");
    stop.abort();
    await running;
    producer.release();
    await connections.close();
  }
});

/** Resolves when a statement waits for a lock. */
async function blocked(db: TestDatabase): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${db.schema}%'`;
  while ((await db.rows(waiting)).length === 0);
}
