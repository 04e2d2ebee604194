import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { limiter } from "../../src/postgres/postgres-limiter.ts";
import { createSchema, dropSchemasAfterwards, type TestDatabase } from "../support/postgres.ts";

dropSchemasAfterwards();

const never = new AbortController().signal;

/** The turns of several programs, by the database's clock, in milliseconds. */
async function turns(db: TestDatabase, programs: number, each: number, requestsPerSecond: number) {
  const at: number[] = [];
  await Promise.all(
    Array.from({ length: programs }, async () => {
      const mine = limiter(db, { ...db.options, requestsPerSecond });
      for (let turn = 0; turn < each; turn++) {
        await mine.turn(never);
        at.push(performance.now());
      }
    }),
  );
  return at.sort((one, other) => one - other);
}

test("all programs together have at most the rate (G21)", async () => {
  const db = await createSchema();
  const at = await turns(db, 3, 5, 50);
  expect(at).toHaveLength(15);
  // 14 intervals of 20 ms. A turn may only be known of a little late.
  expect(at.at(-1)! - at[0]!).toBeGreaterThanOrEqual(14 * 20);
});

test("a pause holds for all, and a shorter one does not end it (G21)", async () => {
  const db = await createSchema();
  const [one, other] = [limiter(db, db.options), limiter(db, db.options)];
  await one.pause(300);
  await other.pause(10);
  const started = performance.now();
  await other.turn(never);
  expect(performance.now() - started).toBeGreaterThan(250);
});

test("callers of one program take turns in their order, and one that gives up takes none", async () => {
  const db = await createSchema();
  const shared = limiter(db, { ...db.options, requestsPerSecond: 100 });
  await shared.pause(30);
  const order: string[] = [];
  const controller = new AbortController();
  const first = shared.turn(never).then(() => order.push("first"));
  const given = shared.turn(controller.signal).catch((reason: unknown) => order.push(String(reason)));
  const last = shared.turn(never).then(() => order.push("last"));
  controller.abort("gave up");
  await Promise.all([first, given, last]);
  expect(order).toEqual(["gave up", "first", "last"]);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "2"])(
  "a rate of %j is refused",
  (requestsPerSecond) => {
    const create = () =>
      limiter({ query: async () => [] }, { requestsPerSecond: requestsPerSecond as number });
    expect(create).toThrow(ConfigurationError);
  },
);
