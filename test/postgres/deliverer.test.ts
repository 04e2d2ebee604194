import { afterEach, expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createAudienceClient } from "../../src/client.ts";
import { ApiError, ConfigurationError } from "../../src/errors.ts";
import { createDeliverer } from "../../src/postgres/deliverer.ts";
import type { DelivererOptions } from "../../src/postgres/deliverer-options.ts";
import type { Delivered } from "../../src/postgres/delivery.ts";
import { enqueue } from "../../src/postgres/enqueue.ts";
import { systemRuntime } from "../../src/runtime.ts";
import { createFakeBatch, type FakeBatchOptions } from "../../src/testing/index.ts";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { differences, oracle } from "../support/oracle.ts";
import { createSchema, dropSchemasAfterwards, type TestDatabase } from "../support/postgres.ts";

dropSchemasAfterwards();

const retry = { retries: 1, minDelayMs: 1, maxDelayMs: 1 };

async function setUp(options: FakeBatchOptions = {}) {
  const db = await createSchema();
  const fake = createFakeBatch({ ...options, runtime: systemRuntime });
  return { db, fake };
}

const controllers: AbortController[] = [];
/** One that still runs when its test has failed would run for ever. */
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

/** One that runs until it is stopped, and what it has reported. */
function start(
  db: TestDatabase,
  fake: ReturnType<typeof createFakeBatch>,
  more: Partial<DelivererOptions> = {},
) {
  const { fetch } = fake;
  const keys = { restKey: "rest", projectKey: "project" };
  const client = createAudienceClient({ ...keys, fetch, requestsPerSecond: Infinity, retry });
  const delivered: Delivered[] = [];
  const errors: { error: unknown; audience: string | undefined }[] = [];
  const deliverer = createDeliverer({
    db,
    client,
    ...db.options,
    pollMs: 10,
    onDelivered: (delivery) => void delivered.push(delivery),
    onError: (error, audience) => void errors.push({ error, audience }),
    ...more,
  });
  const controller = new AbortController();
  controllers.push(controller);
  const running = deliverer.run(controller.signal);
  return {
    delivered,
    errors,
    running,
    async stop() {
      controller.abort();
      await running;
    },
  };
}

async function queued(db: TestDatabase): Promise<AudienceAction[]> {
  const rows = await db.rows("SELECT action FROM {schema}.queue ORDER BY audience, id");
  return rows.map(({ action }) => JSON.parse(action as string) as AudienceAction);
}

async function empty(db: TestDatabase): Promise<void> {
  while ((await queued(db)).length > 0);
}

const updates = (fake: ReturnType<typeof createFakeBatch>) =>
  fake.requests.filter(({ route }) => route === "POST /audiences/update");

test("brings the audiences to the state of the last action of each id, and empties the queue", async () => {
  const { db, fake } = await setUp();
  const deliverer = start(db, fake);
  const actions = [add("a"), addWith("b", { n: 1 }), remove("a"), addWith("c", { city: "Lyon" })];
  await enqueue(db, "vips", actions, db.options);
  await enqueue(db, "others", [add("x")], db.options);
  await empty(db);
  const later = [remove("b"), addWith("c", { city: "Nice" })];
  await enqueue(db, "vips", later, db.options);
  await empty(db);
  await deliverer.stop();
  expect(differences(fake.audience("vips").members, oracle([...actions, ...later]))).toEqual([]);
  expect(differences(fake.audience("others").members, oracle([add("x")]))).toEqual([]);
  expect(fake.violations).toEqual([]);
  expect(deliverer.errors).toEqual([]);
  const counts = deliverer.delivered.map(
    ({ audience, delivered, refused }) => `${audience} ${delivered} ${refused}`,
  );
  expect(counts.sort()).toEqual(["others 1 0", "vips 2 0", "vips 3 0"]);
});

test("asks for an audience as a whole before it first sends to it", async () => {
  const { db, fake } = await setUp();
  await enqueue(db, "vips", [add("a")], db.options);
  const deliverer = start(db, fake);
  await empty(db);
  await deliverer.stop();
  const routes = fake.requests.map(({ route }) => route);
  expect(routes).toEqual(["GET /audiences/view", "POST /audiences/update", "GET /audiences/view"]);
});

test("what is accepted stays in the queue until it is applied", async () => {
  let isApplied = false;
  const { db, fake } = await setUp({ nameState: (state) => (isApplied ? state : "IN_PROGRESS") });
  await enqueue(db, "vips", [add("a")], db.options);
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "p",
    fetch: fake.fetch,
    requestsPerSecond: Infinity,
  });
  const unasked: DelivererOptions["client"] = {
    ...client,
    update: (audience, actions, options) =>
      client.update(audience, actions, { ...options, busyTimeoutMs: 0 }),
  };
  const deliverer = start(db, fake, { client: unasked });
  await until(() => fake.counts.views > 5);
  expect([await queued(db), fake.counts.updates]).toEqual([[add("a")], 1]);
  isApplied = true;
  await empty(db);
  await deliverer.stop();
});

test("an action that comes while the one before is under way is delivered after it", async () => {
  const { db, fake } = await setUp({
    onRequest: ({ route, number }) => {
      if (route === "POST /audiences/update" && number === 2)
        replaced = enqueue(db, "vips", [remove("a")], db.options);
    },
    latencyMs: 20,
  });
  let replaced: Promise<unknown> | undefined;
  await enqueue(db, "vips", [add("a"), add("b")], db.options);
  const deliverer = start(db, fake);
  await until(() => replaced !== undefined);
  await replaced;
  await empty(db);
  await deliverer.stop();
  expect(updates(fake).map(({ ids }) => ids)).toEqual([["a", "b"], ["a"]]);
  expect(differences(fake.audience("vips").members, oracle([add("b")]))).toEqual([]);
});

test("a refused record becomes a dead letter with the words of the API, and the others are delivered", async () => {
  const { db, fake } = await setUp({ refuse: ({ id }) => (id === "bad" ? "no such customer" : undefined) });
  await enqueue(db, "vips", [add("a"), addWith("bad", { n: 1 }), add("b")], db.options);
  const deliverer = start(db, fake);
  await empty(db);
  await deliverer.stop();
  const letters = await db.rows("SELECT audience, id, action, reason FROM {schema}.dead_letters");
  const action = JSON.stringify(addWith("bad", { n: 1 }));
  expect(letters).toEqual([{ audience: "vips", id: "bad", action, reason: "no such customer" }]);
  expect(differences(fake.audience("vips").members, oracle([add("a"), add("b")]))).toEqual([]);
  expect(deliverer.delivered[0]).toMatchObject({ delivered: 2, refused: 1 });
  expect(deliverer.errors).toEqual([]);
});

test("records that are all refused stay in the queue: the audience or the account may be at fault", async () => {
  let reason: string | undefined = "audience is locked";
  const { db, fake } = await setUp({ refuse: () => reason });
  await enqueue(db, "vips", adds(30), db.options);
  const deliverer = start(db, fake);
  await until(() => deliverer.errors.length > 0);
  expect(deliverer.errors[0]).toMatchObject({ audience: "vips", error: { cause: { errorMessage: reason } } });
  expect(await db.rows("SELECT id FROM {schema}.dead_letters")).toEqual([]);
  reason = undefined;
  await empty(db);
  await deliverer.stop();
  expect(fake.audience("vips").members.size).toBe(30);
});

test("a row that is no valid action becomes a dead letter", async () => {
  const { db, fake } = await setUp();
  const action = JSON.stringify({ action: "add", id: "a", attributes: { Bad: 1 } });
  await db.rows("INSERT INTO {schema}.queue (audience, id, action) VALUES ('vips', 'a', $1)", [action]);
  await enqueue(db, "vips", [add("b")], db.options);
  const deliverer = start(db, fake);
  await empty(db);
  await deliverer.stop();
  const [letter] = await db.rows("SELECT id, reason FROM {schema}.dead_letters");
  expect(letter).toMatchObject({ id: "a", reason: expect.stringContaining("expected an attribute name") });
  expect(differences(fake.audience("vips").members, oracle([add("b")]))).toEqual([]);
});

test.each(["no JSON", "null", "[]", "7"])("a row that is %s becomes a dead letter", async (action) => {
  const { db, fake } = await setUp();
  await db.rows("INSERT INTO {schema}.queue (audience, id, action) VALUES ('vips', 'a', $1)", [action]);
  await enqueue(db, "vips", [add("b")], db.options);
  const deliverer = start(db, fake);
  await until(() => deliverer.delivered.length + deliverer.errors.length > 0);
  await deliverer.stop();
  const letters = await db.rows("SELECT id, action FROM {schema}.dead_letters");
  expect([await queued(db), letters]).toEqual([[], [{ id: "a", action }]]);
  expect(differences(fake.audience("vips").members, oracle([add("b")]))).toEqual([]);
});

test("an audience that fails stays in the queue, and does not keep the others waiting", async () => {
  const { db, fake } = await setUp({ audiences: ["vips"] });
  await enqueue(db, "missing", [add("a")], db.options);
  await enqueue(db, "vips", [add("b")], db.options);
  const deliverer = start(db, fake);
  await until(() => deliverer.errors.length > 0 && deliverer.delivered.length > 0);
  await deliverer.stop();
  expect(await queued(db)).toEqual([add("a")]);
  const { error, audience } = deliverer.errors[0]!;
  expect([audience, (error as Error).cause]).toEqual(["missing", expect.any(ApiError)]);
});

test("a long queue of one audience does not hold up another one", async () => {
  const { db, fake } = await setUp({ latencyMs: 2 });
  await enqueue(db, "a-long-one", adds(60), db.options);
  await enqueue(db, "vips", [remove("a")], db.options);
  const deliverer = start(db, fake, { window: 2 });
  await empty(db);
  await deliverer.stop();
  const order = updates(fake).map(({ audience }) => audience);
  expect(order.indexOf("vips")).toBeLessThan(5);
  expect(order).toHaveLength(31);
});

test("with listen it is woken by the commit, and need not poll", async () => {
  const { db, fake } = await setUp();
  let wake: (() => void) | undefined;
  let isListening = true;
  const deliverer = start(db, fake, {
    pollMs: 3_600_000,
    listen: (channel, callback) => {
      expect(channel).toBe(db.schema);
      wake = callback;
      return () => {
        isListening = false;
      };
    },
  });
  await until(() => wake !== undefined);
  await enqueue(db, "vips", [add("a")], db.options);
  wake!();
  await empty(db);
  await deliverer.stop();
  expect(isListening).toBe(false);
});

test("an idle one that is stopped lets the next one start at once", async () => {
  const { db, fake } = await setUp();
  const first = start(db, fake);
  await enqueue(db, "vips", [add("a")], db.options);
  await empty(db);
  await until(() => first.delivered.length > 0);
  await first.stop();
  const second = start(db, fake);
  await enqueue(db, "vips", [add("b")], db.options);
  await empty(db);
  await second.stop();
  expect(await db.rows("SELECT fence::int AS fence FROM {schema}.leases")).toEqual([{ fence: 2 }]);
});

test("one that is stopped and cannot stop listening lets the next one start at once too", async () => {
  const { db, fake } = await setUp();
  const lost = () => Promise.reject(new Error("the connection is lost"));
  const first = start(db, fake, { listen: () => lost });
  await enqueue(db, "vips", [add("a")], db.options);
  await empty(db);
  // The queue is empty a moment before the delivery has ended.
  await until(() => first.delivered.length > 0);
  await first.stop();
  const [lease] = await db.rows("SELECT expires_at <= clock_timestamp() AS ended FROM {schema}.leases");
  expect(lease).toEqual({ ended: true });
});

test("one that is stopped while a request is on its way holds its successor off for a while", async () => {
  const { db, fake } = await setUp({ script: () => ({ breakage: "hang" }) });
  const deliverer = start(db, fake);
  await enqueue(db, "vips", [add("a")], db.options);
  await until(() => fake.counts.requests > 0);
  await deliverer.stop();
  const [lease] = await db.rows(
    "SELECT expires_at > clock_timestamp() AS holds, expires_at < clock_timestamp() + interval '11 s' AS ends FROM {schema}.leases",
  );
  expect(lease).toEqual({ holds: true, ends: true });
  expect(await queued(db)).toEqual([add("a")]);
});

test.each<[name: string, callback: () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("the log is full");
    },
  ],
  ["rejects", () => Promise.reject(new Error("the log is full"))],
])(
  "a callback that %s ends `run` with its error, and the next one starts at once",
  async (_name, callback) => {
    const { db, fake } = await setUp({
      script: ({ number }) => (number === 1 ? { status: 401 } : undefined),
    });
    await enqueue(db, "vips", [add("a")], db.options);
    const failing = start(db, fake, { onError: callback });
    await expect(failing.running).rejects.toThrow("the log is full");
    const counting = start(db, fake, { onDelivered: callback });
    await expect(counting.running).rejects.toThrow("the log is full");
    expect(await queued(db)).toEqual([]);
    const [lease] = await db.rows("SELECT expires_at <= clock_timestamp() AS ended FROM {schema}.leases");
    expect(lease).toEqual({ ended: true });
  },
);

test("a database that fails is reported, and tried again", async () => {
  const { db, fake } = await setUp();
  let failures = 2;
  const flaky: TestDatabase = {
    ...db,
    query: (text, values) =>
      failures-- > 0 ? Promise.reject(new Error("terminated")) : db.query(text, values),
  };
  await enqueue(db, "vips", [add("a")], db.options);
  const deliverer = start(flaky, fake);
  await empty(db);
  await deliverer.stop();
  expect(deliverer.errors.map(({ error }) => String(error))).toEqual([
    "Error: terminated",
    "Error: terminated",
  ]);
});

const client = { update: () => {}, waitUntilApplied: () => {} };
const db = { query: async () => [] };
test.each([
  [{ db }, "client"],
  [{ client }, "db"],
  [{ db, client, ttlMs: 60_000 }, "ttlMs"],
  [{ db, client, window: 0 }, "window"],
  [{ db, client, window: 2_000_000 }, "window"],
  [{ db, client, pollMs: 0 }, "pollMs"],
  [{ db, client, pollMs: Number.POSITIVE_INFINITY }, "pollMs"],
  [{ db, client, listen: true }, "listen"],
  [{ db, client, schema: "A" }, "schema"],
  [{ db, client, pollms: 5 }, "pollms"],
])("%j is refused", (options, option) => {
  const create = () => createDeliverer(options as unknown as DelivererOptions);
  expect(create).toThrow(ConfigurationError);
  expect(create).toThrow(`\`${option}\``);
});
