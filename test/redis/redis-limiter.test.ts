import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { createClient as createNodeRedis } from "redis";
import { afterAll, describe, expect, test } from "vitest";
import { findRedis } from "../../scripts/servers.ts";
import { createAudienceClient } from "../../src/client.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { limiter } from "../../src/redis/redis-limiter.ts";
import { adds } from "../support/actions.ts";

const found = await findRedis();
const url = "url" in found ? found.url : "";
const never = new AbortController().signal;
const newKey = () => `test-${process.pid}-${randomBytes(5).toString("hex")}`;

const clients = {
  ioredis: async () => {
    const client = new Redis(url);
    closers.push(async () => client.disconnect());
    return client;
  },
  "node-redis": async () => {
    const client = createNodeRedis({ url });
    await client.connect();
    closers.push(async () => client.destroy());
    return client;
  },
};
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

describe.each(Object.entries(clients))("with %s", (_, connect) => {
  test("two programs together have one turn in a little over a second", async () => {
    const key = newKey();
    const [one, other] = [limiter(await connect(), { key }), limiter(await connect(), { key })];
    const at: number[] = [];
    const note = () => void at.push(performance.now());
    await Promise.all([one.turn(never).then(note), other.turn(never).then(note), one.turn(never).then(note)]);
    const gaps = [at[1]! - at[0]!, at[2]! - at[1]!];
    // A turn may only be known of a little late; two of them are never less than 1.02 s apart in Redis.
    expect(gaps[0]! + gaps[1]!).toBeGreaterThan(2_000);
  });

  test("a pause holds for all, and a shorter one does not end it", async () => {
    const key = newKey();
    const [one, other] = [limiter(await connect(), { key }), limiter(await connect(), { key })];
    await one.pause(1_700);
    await other.pause(10);
    const started = performance.now();
    await other.turn(never);
    expect(performance.now() - started).toBeGreaterThan(1_600);
  });

  test("of two pauses at once, the longer one holds", async () => {
    const [one, other] = [await connect(), await connect()];
    const observer = await clients.ioredis();
    for (let trial = 0; trial < 20; trial++) {
      const key = newKey();
      await Promise.all([limiter(one, { key }).pause(60_000), limiter(other, { key }).pause(5_000)]);
      expect(await observer.pttl(key)).toBeGreaterThan(50_000);
      await observer.del(key);
    }
  });

  test("a pause ends no second early in which turns were taken", async () => {
    const key = newKey();
    const shared = limiter(await connect(), { key, requestsPerSecond: 4 });
    await shared.turn(never);
    await shared.pause(10);
    const started = performance.now();
    await shared.turn(never);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  test("a 429 to one client pauses the others (G21)", async () => {
    const key = newKey();
    const redis = await connect();
    const other = limiter(redis, { key, requestsPerSecond: 100 });
    const client = createAudienceClient({
      restKey: "rest",
      projectKey: "project",
      limiter: limiter(redis, { key, requestsPerSecond: 100 }),
      retry: { throttleDelayMs: 1_000 },
      fetch: async () => new Response("{}", { status: requests++ === 0 ? 429 : 202 }),
    });
    let requests = 0;
    const started = performance.now();
    let throttled = () => {};
    const isThrottled = new Promise<void>((resolve) => {
      throttled = resolve;
    });
    const updating = client.update("vips", adds(1), { onProgress: () => throttled() });
    await isThrottled;
    await other.turn(never);
    expect(performance.now() - started).toBeGreaterThan(950);
    await updating;
  });

  test("several turns a second are that many", async () => {
    const shared = limiter(await connect(), { key: newKey(), requestsPerSecond: 4 });
    const started = performance.now();
    for (let turn = 0; turn < 6; turn++) await shared.turn(never);
    expect(performance.now() - started).toBeGreaterThan(1_000);
  });

  test("who gives up takes no turn", async () => {
    const shared = limiter(await connect(), { key: newKey(), requestsPerSecond: 2 });
    await shared.pause(1_000);
    const controller = new AbortController();
    const waiting = shared.turn(controller.signal);
    controller.abort(new Error("gave up"));
    await expect(waiting).rejects.toThrow("gave up");
    await shared.turn(never);
  });
});

test("other limiters of rate-limiter-flexible on the same client count as before", async () => {
  const redis = await clients.ioredis();
  const key = newKey();
  const theirs = new RateLimiterRedis({ storeClient: redis, points: 2, duration: 60, keyPrefix: key });
  const ours = limiter(redis, { key });
  await ours.turn(never);
  await theirs.consume("a");
  const { msBeforeNext, remainingPoints } = await theirs.consume("a");
  expect([remainingPoints, Math.round(msBeforeNext / 10_000)]).toEqual([0, 6]);
  await redis.del(`${key}:a`);
});

test.each<[unknown, object, string]>([
  [undefined, {}, "redis"],
  ["redis://127.0.0.1", {}, "redis"],
  [{ multi: () => {} }, { requestsPerSecond: 0 }, "requestsPerSecond"],
  [{ multi: () => {} }, { key: "" }, "key"],
  [{ multi: () => {} }, { keys: "a" }, "keys"],
])("%j with %j is refused", (redis, options, option) => {
  expect(() => limiter(redis as object, options)).toThrow(ConfigurationError);
  expect(() => limiter(redis as object, options)).toThrow(`\`${option}\``);
});
