import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { assertOption, assertOptionNames, type Limiter } from "../options.ts";
import { systemRuntime, untilAborted } from "../runtime.ts";
import { turnLengthMs } from "../transport/rate-limiter.ts";

export interface RedisLimiterOptions {
  /** For all programs together. Default 1, the rate of a project. */
  requestsPerSecond?: number | undefined;
  /** The key in Redis. Default "batch-audiences". Programs of different projects need different ones. */
  key?: string | undefined;
}

/** A client of ioredis or of node-redis (the package redis), connected. */
export type RedisClient = object;

/** How each client runs a script. */
interface Ioredis {
  eval(script: string, keys: number, ...keysAndValues: string[]): Promise<unknown>;
}
interface NodeRedis {
  eval(script: string, values: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** A limiter for all programs that use this Redis and key. Needs the package rate-limiter-flexible. */
export function limiter(redis: RedisClient, options: RedisLimiterOptions = {}): Limiter {
  assertOptionNames("options", options, ["requestsPerSecond", "key"]);
  const { requestsPerSecond = 1, key = "batch-audiences" } = options;
  const isRate = Number.isFinite(requestsPerSecond) && requestsPerSecond > 0;
  assertOption("requestsPerSecond", isRate, "a number above 0", requestsPerSecond);
  assertOption("key", typeof key === "string" && key !== "", "a non-empty string", key);
  const isClient = typeof redis === "object" && redis !== null && "multi" in redis;
  assertOption("redis", isClient, "a client of ioredis or node-redis", redis);
  return new RedisLimiter(redis, key, requestsPerSecond);
}

/**
 * That of rate-limiter-flexible, in milliseconds: its own counts whole seconds, and a turn lasts a little longer than one. ioredis
 * shares a script among all limiters of a client, so it does as its own for those with whole seconds.
 */
const SCRIPT = `
  local ms = 1000 * ARGV[2]
  if math.floor(ARGV[4]) == tonumber(ARGV[2]) then ms = math.floor(1000 * ARGV[4]) end
  redis.call('set', KEYS[1], 0, 'PX', ms, 'NX')
  local consumed = redis.call('incrby', KEYS[1], ARGV[1])
  return {consumed, redis.call('pttl', KEYS[1])}`;

/**
 * As many points as rate-limiter-flexible writes to block a key, and in one step: between a look at the key and a write, a longer
 * pause of another program would be lost.
 */
const PAUSE = `
  local ms = math.max(tonumber(ARGV[2]), redis.call('pttl', KEYS[1]))
  redis.call('set', KEYS[1], ARGV[1], 'PX', ms)`;

class RedisLimiter implements Limiter {
  readonly #redis: Ioredis | NodeRedis;
  readonly #limiter: RateLimiterRedis;
  readonly #key: string;
  /** Resolves once all earlier callers in this process have had their turn: the others need not ask Redis. */
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(redis: RedisClient, key: string, requestsPerSecond: number) {
    // At least a second, which is the least that can expire: several turns then, spread over it.
    const points = Math.ceil(requestsPerSecond);
    this.#redis = redis as Ioredis | NodeRedis;
    this.#key = key;
    this.#limiter = new RateLimiterRedis({
      storeClient: redis,
      useRedisPackage: !isIoredis(this.#redis),
      customIncrTtlLuaScript: SCRIPT,
      keyPrefix: "",
      points,
      duration: turnLengthMs(points / requestsPerSecond, 0),
      execEvenly: true,
    });
  }

  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#lastTurn.then(() => this.#take(signal));
    this.#lastTurn = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  async pause(ms: number): Promise<void> {
    const closed = String(this.#limiter.points + 1);
    // The least that can expire is a millisecond.
    const atLeastMs = String(Math.max(1, Math.ceil(ms)));
    if (isIoredis(this.#redis)) await this.#redis.eval(PAUSE, 1, this.#key, closed, atLeastMs);
    else await this.#redis.eval(PAUSE, { keys: [this.#key], arguments: [closed, atLeastMs] });
  }

  async #take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const waitMs = await this.#consume();
      if (waitMs === undefined) return;
      await systemRuntime.sleep(Math.max(1, waitMs), signal);
    }
  }

  /** How long to wait, or nothing if the turn is taken. */
  async #consume(): Promise<number | undefined> {
    try {
      await this.#limiter.consume(this.#key);
      return undefined;
    } catch (reason) {
      if (reason instanceof RateLimiterRes) return reason.msBeforeNext;
      throw reason;
    }
  }
}

function isIoredis(redis: Ioredis | NodeRedis): redis is Ioredis {
  return "defineCommand" in redis;
}
