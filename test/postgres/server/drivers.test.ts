// The whole way through each driver: they differ in how they take lists, and in how they give numbers and times.

import pg from "pg";
import postgres from "postgres";
import { expect, test } from "vitest";
import { createAudienceClient } from "../../../src/client.ts";
import { createDeliverer, enqueue, type Listen, limiter, migrate } from "../../../src/postgres/index.ts";
import { systemRuntime } from "../../../src/runtime.ts";
import { createFakeBatch } from "../../../src/testing/index.ts";
import { add, addWith, remove } from "../../support/actions.ts";
import { differences, oracle } from "../../support/oracle.ts";
import { createSchema, dropSchemasAfterwards, pool, serverUrl } from "../../support/postgres.ts";

dropSchemasAfterwards();

test("pg: a pool, a client in a transaction, and LISTEN on a connection of its own", async () => {
  const db = pool(serverUrl!);
  const listen: Listen = async (channel, wake) => {
    const client = new pg.Client({ connectionString: serverUrl! });
    await client.connect();
    client.on("notification", wake);
    await client.query(`LISTEN ${channel}`);
    return () => client.end();
  };
  async function inTransaction(work: (tx: pg.PoolClient) => Promise<unknown>, end: string): Promise<void> {
    const client = await db.connect();
    await client.query("BEGIN");
    await work(client);
    await client.query(end);
    client.release();
  }
  await goWholeWay(db, listen, inTransaction);
  await db.close();
});

test("postgres.js: its `unsafe`, a transaction, and its `listen`", async () => {
  const sql = postgres(serverUrl!, { max: 4, onnotice: () => {} });
  const over = (connection: Pick<postgres.Sql, "unsafe">) => ({
    query: (text: string, values?: (string | number | string[])[]) => connection.unsafe(text, values),
  });
  const listen: Listen = async (channel, wake) => (await sql.listen(channel, wake)).unlisten;
  async function inTransaction(work: (tx: Parameters<typeof enqueue>[0]) => Promise<unknown>, end: string) {
    const transaction = sql.begin(async (tx) => {
      await work(over(tx));
      if (end === "ROLLBACK") throw new Error(end);
    });
    await transaction.catch(() => {});
  }
  await goWholeWay(over(sql), listen, inTransaction);
  await sql.end();
});

async function goWholeWay<T extends Parameters<typeof enqueue>[0]>(
  db: Parameters<typeof enqueue>[0],
  listen: Listen,
  inTransaction: (work: (tx: T) => Promise<unknown>, end: "COMMIT" | "ROLLBACK") => Promise<void>,
): Promise<void> {
  const { options, rows } = await createSchema({ empty: true });
  await migrate(db, options);
  const fake = createFakeBatch({
    refuse: ({ id }) => id === "bad" && "no such customer",
    runtime: systemRuntime,
  });
  const shared = limiter(db, { ...options, requestsPerSecond: 200 });
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "p",
    fetch: fake.fetch,
    limiter: shared,
    requestsPerSecond: 200,
  });
  const controller = new AbortController();
  const errors: unknown[] = [];
  const deliverer = createDeliverer({
    ...{ db, client, ...options, listen },
    onError: (error) => void errors.push(error),
  });
  const running = deliverer.run(controller.signal);
  const odd = ["\u0000", '"\\{},', "é😀", "NULL"];
  const actions = [add("a"), add("b"), ...odd.map(add), addWith("bad", { n: 1 }), addWith("c", { n: 1.5 })];
  await enqueue(db, "vips", actions, options);
  await inTransaction((tx) => enqueue(tx, "vips", [remove("a")], options), "COMMIT");
  await inTransaction((tx) => enqueue(tx, "vips", [remove("b")], options), "ROLLBACK");
  while ((await rows("SELECT FROM {schema}.queue")).length > 0);
  controller.abort();
  await running;
  expect(errors).toEqual([]);
  const expected = oracle([...actions.filter(({ id }) => id !== "bad"), remove("a")]);
  expect(differences(fake.audience("vips").members, expected)).toEqual([]);
  const letters = await rows("SELECT id, reason FROM {schema}.dead_letters");
  expect(letters).toEqual([{ id: "bad", reason: "no such customer" }]);
}
