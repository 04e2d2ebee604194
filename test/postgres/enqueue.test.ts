import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { enqueue } from "../../src/postgres/enqueue.ts";
import { InvalidActionError } from "../../src/update/update-error.ts";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { expectBalance, rejection } from "../support/expectations.ts";
import { createSchema, dropSchemasAfterwards, type TestDatabase } from "../support/postgres.ts";

dropSchemasAfterwards();

async function queued(db: TestDatabase, audience = "vips"): Promise<AudienceAction[]> {
  const rows = await db.rows("SELECT action FROM {schema}.queue WHERE audience = $1 ORDER BY id", [audience]);
  return rows.map(({ action }) => JSON.parse(action as string) as AudienceAction);
}

test("puts the last action of each id into the queue", async () => {
  const db = await createSchema();
  const first = await enqueue(db, "vips", [add("a"), add("b"), remove("a")], db.options);
  expect(first).toEqual({ received: 3, superseded: 1, enqueued: 2, warnings: [] });
  await enqueue(db, "vips", [remove("b"), addWith("c", { city: "Lyon" })], db.options);
  await enqueue(db, "others", [add("a")], db.options);
  expect(await queued(db)).toEqual([remove("a"), remove("b"), addWith("c", { city: "Lyon" })]);
  expect(await queued(db, "others")).toEqual([add("a")]);
});

test("each action has another number, and an id keeps its place in the queue", async () => {
  const db = await createSchema();
  const row = "SELECT seq::text AS seq, since::text AS since FROM {schema}.queue";
  await enqueue(db, "vips", [add("a")], db.options);
  const [before] = await db.rows(row);
  await enqueue(db, "vips", [remove("a")], db.options);
  const [after] = await db.rows(row);
  expect(Number(after!.seq)).toBeGreaterThan(Number(before!.seq));
  expect(after!.since).toBe(before!.since);
});

test("writes values as update sends them", async () => {
  const db = await createSchema();
  const joined = new Date("2026-11-23T09:30:00Z");
  await enqueue(db, "vips", [addWith("a", { joined, shop: new URL("https://shop.example/") })], db.options);
  expect(await queued(db)).toEqual([
    addWith("a", { "date(joined)": "2026-11-23T09:30:00.000Z", "url(shop)": "https://shop.example/" }),
  ]);
});

test("takes any id that update takes", async () => {
  const db = await createSchema();
  const ids = [
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udc00",
    '"',
    "\\",
    "\\u0000",
    "é",
    "😀",
    "a,b",
    "{a}",
    "'",
    " a ",
    "NULL",
  ];
  const report = await enqueue(db, "vips", ids.map(add), db.options);
  expect(report.enqueued).toBe(ids.length);
  expect((await queued(db)).map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(report.warnings.map(({ reason }) => reason)).toContain("an id with surrounding spaces");
});

test("reads any source, in statements of up to 10,000 actions", async () => {
  const db = await createSchema();
  let statements = 0;
  const counting = {
    query(...args: Parameters<TestDatabase["query"]>) {
      statements++;
      return db.query(...args);
    },
  };
  async function* source() {
    yield* adds(20_001);
    yield remove("0");
  }
  const report = await enqueue(counting, "vips", source(), db.options);
  expect(report).toEqual({ received: 20_002, superseded: 0, enqueued: 20_002, warnings: [] });
  expect(statements).toBe(3);
  expect(await db.rows("SELECT count(*)::int AS count FROM {schema}.queue")).toEqual([{ count: 20_001 }]);
});

test("enqueues nothing of a batch with an invalid action, and names all that is wrong", async () => {
  const db = await createSchema();
  const actions = [add("a"), { action: "delete", id: "b" }, addWith("c", { "Bad Name": 1 }), add("a")];
  const error = await rejection(
    enqueue(db, "vips", actions as AudienceAction[], db.options),
    InvalidActionError,
  );
  expect(error.issues.map(({ index, id, path }) => [index, id, path])).toEqual([
    [1, "b", "action"],
    [2, "c", "attributes.Bad Name"],
  ]);
  expect(error.message).toMatch(/Nothing of its batch was enqueued\.$/);
  expect(error.report).toMatchObject({ received: 4, rejected: 2, superseded: 1, unsent: 1 });
  expectBalance(error.report);
  expect([...error.undelivered]).toEqual([add("a")]);
  expect(await queued(db)).toEqual([]);
});

test("refuses an id that the index cannot hold", async () => {
  const db = await createSchema();
  await enqueue(db, "vips", [add("é".repeat(1_000))], db.options);
  const error = await rejection(
    enqueue(db, "vips", [add("é".repeat(1_001))], db.options),
    InvalidActionError,
  );
  expect(error.issues[0]).toMatchObject({ index: 0, path: "id" });
});

test("an audience that cannot be, no source or an unknown option is refused before anything is written", async () => {
  const db = await createSchema();
  const calls = [
    () => enqueue(db, "no spaces", [add("a")], db.options),
    () => enqueue(db, "vips", 5 as never, db.options),
    () => enqueue(db, "vips", [add("a")], { shema: "x" } as never),
    () => enqueue({} as never, "vips", [add("a")], db.options),
  ];
  const options = [];
  for (const call of calls) options.push((await rejection(call(), ConfigurationError)).option);
  expect(options).toEqual(["audience", "actions", "shema", "db"]);
});

test("an empty list writes nothing", async () => {
  const db = await createSchema();
  expect(await enqueue(db, "vips", [], db.options)).toEqual({
    received: 0,
    superseded: 0,
    enqueued: 0,
    warnings: [],
  });
});
