import { expect, test } from "vitest";
import { Tables } from "../../src/postgres/database.ts";
import { enqueue } from "../../src/postgres/enqueue.ts";
import { lease } from "../../src/postgres/lease.ts";
import { Queue } from "../../src/postgres/queue.ts";
import { add, addWith, remove } from "../support/actions.ts";
import { createSchema, dropSchemasAfterwards, type TestDatabase } from "../support/postgres.ts";

dropSchemasAfterwards();

const never = new AbortController().signal;

async function setUp() {
  const db = await createSchema();
  const held = await lease(db, { ...db.options, ttlMs: 600_000 }).acquire("job", never);
  const fence = { name: "job", fence: held.fence };
  return { db, held, fence, queue: new Queue(new Tables(db, db.schema)) };
}

async function ids(db: TestDatabase, table = "queue"): Promise<unknown[]> {
  const rows = await db.rows(`SELECT id FROM {schema}.${table} ORDER BY id`);
  return rows.map(({ id }) => id);
}

test("gives the actions that have waited longest, also after a later one took their place", async () => {
  const { db, queue, held } = await setUp();
  for (const id of ["c", "a", "b"]) await enqueue(db, "vips", [add(id)], db.options);
  await enqueue(db, "vips", [remove("c")], db.options);
  await enqueue(db, "others", [add("z")], db.options);
  const oldest = await queue.oldest("vips", 2);
  expect(oldest.map(({ action }) => action)).toEqual([remove("c"), add("a")]);
  expect(await queue.audiences()).toEqual(["others", "vips"]);
  await held.release();
});

test("deletes what was sent, and not what has taken its place since then (G20)", async () => {
  const { db, queue, held, fence } = await setUp();
  await enqueue(db, "vips", [add("a"), add("b"), add("\u0000")], db.options);
  await enqueue(db, "others", [add("a")], db.options);
  const sent = await queue.oldest("vips", 10);
  await enqueue(db, "vips", [remove("a")], db.options);
  expect(await queue.finish("vips", sent, fence)).toEqual([]);
  const left = await queue.oldest("vips", 10);
  expect(left.map(({ action }) => action)).toEqual([remove("a")]);
  expect(await queue.audiences()).toEqual(["others", "vips"]);
  await held.release();
});

test("a holder whose lease was taken over deletes nothing", async () => {
  const { db, queue, held, fence } = await setUp();
  await enqueue(db, "vips", [add("a")], db.options);
  const sent = await queue.oldest("vips", 10);
  await held.release();
  expect(await queue.finish("vips", sent, fence)).toEqual(sent);
  const successor = await lease(db, { ...db.options, ttlMs: 600_000 }).acquire("job", never);
  expect(await queue.finish("vips", sent, fence)).toEqual(sent);
  expect(await ids(db)).toEqual(["a"]);
  expect(await queue.finish("vips", sent, { name: "job", fence: successor.fence })).toEqual([]);
  expect(await ids(db)).toEqual([]);
  await successor.release();
});

test("what cannot be delivered becomes a dead letter, until a later action for the id is delivered", async () => {
  const { db, queue, held, fence } = await setUp();
  await enqueue(db, "vips", [addWith("a", { n: 1 }), add("b")], db.options);
  const sent = await queue.oldest("vips", 10);
  const refused = sent.map((action) => ({ ...action, reason: `no \u0000 ${action.key}` }));
  await queue.finish("vips", refused, fence);
  expect(await ids(db)).toEqual([]);
  const letters = await db.rows("SELECT id, action, reason FROM {schema}.dead_letters ORDER BY id");
  expect(letters).toEqual([
    { id: "a", action: JSON.stringify(addWith("a", { n: 1 })), reason: "no � a" },
    { id: "b", action: JSON.stringify(add("b")), reason: "no � b" },
  ]);
  await enqueue(db, "vips", [add("a")], db.options);
  await queue.finish("vips", await queue.oldest("vips", 10), fence);
  expect(await ids(db, "dead_letters")).toEqual(["b"]);
  await held.release();
});
