import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { type Held, lease, PostgresLease } from "../../src/postgres/lease.ts";
import { type Runtime, systemRuntime } from "../../src/runtime.ts";
import { until } from "../support/event-loop.ts";
import { createSchema, dropSchemasAfterwards, type TestDatabase } from "../support/postgres.ts";

dropSchemasAfterwards();

const never = new AbortController().signal;
/** Longer than any test: only what a test does ends it. */
const LONG = { ttlMs: 600_000, timeoutMs: 1_000 };

/** As if this long had gone by, in which nothing could run. */
function suspendable() {
  let skippedMs = 0;
  const runtime: Runtime = {
    ...systemRuntime,
    now: () => systemRuntime.now() + skippedMs,
    // Of two clocks the one counts that has gone further.
    date: () => systemRuntime.date(),
    sleep: (ms, signal) => systemRuntime.sleep(ms, signal),
  };
  return {
    runtime,
    suspend(ms: number) {
      skippedMs += ms;
    },
  };
}

async function expire(db: TestDatabase): Promise<void> {
  await db.rows("UPDATE {schema}.leases SET expires_at = clock_timestamp()");
}

test("one program holds it, and the next one has a higher fence", async () => {
  const db = await createSchema();
  const leases = lease(db, { ...db.options, ...LONG });
  const first = await leases.acquire("job", never);
  expect(first.fence).toBe(1n);
  let second: Held | undefined;
  const waiting = leases.acquire("job", never).then((held) => {
    second = held;
  });
  const other = await leases.acquire("other job", never);
  expect([second, other.fence]).toEqual([undefined, 1n]);
  await first.release();
  expect(first.lost.aborted).toBe(true);
  await waiting;
  expect(second!.fence).toBe(2n);
  await Promise.all([second!.release(), other.release()]);
});

test("whoever waits for it stops with the reason of the signal", async () => {
  const db = await createSchema();
  const leases = lease(db, { ...db.options, ...LONG });
  const held = await leases.acquire("job", never);
  const controller = new AbortController();
  const waiting = leases.acquire("job", controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await held.release();
});

test("it is renewed as long as it is held", async () => {
  const db = await createSchema();
  const held = await lease(db, { ...db.options, ttlMs: 4_000, timeoutMs: 2_000 }).acquire("job", never);
  const expiry = async () => (await db.rows("SELECT expires_at::text AS at FROM {schema}.leases"))[0]!.at;
  const first = await expiry();
  let last = first;
  while (last === first) last = await expiry();
  expect(held.lost.aborted).toBe(false);
  await held.release();
});

test("a holder whose lease was taken over learns of it", async () => {
  const db = await createSchema();
  const leases = lease(db, { ...db.options, ttlMs: 2_000, timeoutMs: 100 });
  const held = await leases.acquire("job", never);
  await expire(db);
  const successor = await leases.acquire("job", never);
  await new Promise((resolve) => held.lost.addEventListener("abort", resolve));
  expect(String(held.lost.reason)).toMatch(/job \(fence 1\)/);
  expect(successor.fence).toBe(2n);
  await successor.release();
});

test("it is lost while it still holds for as long as a request may take", async () => {
  const db = await createSchema();
  const { runtime, suspend } = suspendable();
  const leases = new PostgresLease(db, { ...db.options, ttlMs: 100_000, timeoutMs: 60_000 }, runtime);
  const held = await leases.acquire("job", never);
  suspend(37_000);
  expect(held.lost.aborted).toBe(false);
  suspend(1_000);
  // 2 s are for clocks that drift apart.
  expect(held.lost.aborted).toBe(true);
  await held.release();
});

test("it is lost as soon as it is read, before any timer has fired (G20)", async () => {
  const db = await createSchema();
  const { runtime, suspend } = suspendable();
  const held = await new PostgresLease(db, { ...db.options, ...LONG }, runtime).acquire("job", never);
  held.lost.throwIfAborted();
  const heard: unknown[] = [];
  held.lost.addEventListener("abort", () => heard.push(held.lost.reason));
  suspend(LONG.ttlMs);
  expect(() => held.lost.throwIfAborted()).toThrow("could not be renewed in time");
  expect(heard).toHaveLength(1);
  await held.release();
});

test("it is lost in time when the database is gone, and not before", async () => {
  const db = await createSchema();
  let isGone = false;
  let failures = 0;
  const cut: typeof db.query = (text, values) => {
    if (isGone) failures++;
    return isGone ? Promise.reject(new Error("connection terminated")) : db.query(text, values);
  };
  const held = await lease({ query: cut }, { ...db.options, ttlMs: 4_000, timeoutMs: 3_000 }).acquire(
    "job",
    never,
  );
  isGone = true;
  await until(() => failures > 0);
  expect(held.lost.aborted).toBe(false);
  await new Promise((resolve) => held.lost.addEventListener("abort", resolve));
  const [row] = await db.rows("SELECT expires_at > clock_timestamp() AS holds FROM {schema}.leases");
  expect(row).toEqual({ holds: true });
});

test("a release does not end the lease of a successor", async () => {
  const db = await createSchema();
  const leases = lease(db, { ...db.options, ...LONG });
  const held = await leases.acquire("job", never);
  await expire(db);
  const successor = await leases.acquire("job", never);
  await held.release();
  const [row] = await db.rows("SELECT expires_at > clock_timestamp() AS holds FROM {schema}.leases");
  expect(row).toEqual({ holds: true });
  await successor.release();
});

test.each([
  [{ ttlMs: 60_000 }, "ttlMs"],
  [{ timeoutMs: 0 }, "timeoutMs"],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, "timeoutMs"],
  [{ ttl: 5 }, "ttl"],
])("%j is refused", (options, option) => {
  const db = { query: async () => [] };
  expect(() => lease(db, options as object)).toThrow(ConfigurationError);
  expect(() => lease(db, options as object)).toThrow(`\`${option}\``);
});
