// The clients of a soak: one with a rate of its own, two that share one on Redis, and two on PostgreSQL.

import { type AudienceClient, type AudienceClientOptions, createAudienceClient } from "batch-audiences";
import { migrate, limiter as postgresLimiter } from "batch-audiences/postgres";
import { limiter as redisLimiter } from "batch-audiences/redis";
import { Redis } from "ioredis";
import pg from "pg";
import { findPostgres, findRedis } from "../../scripts/servers.ts";

const TIMEOUT_MS = 2_000;

/** One client to send with, and one for the deliverer. */
export interface OnPostgres {
  clients: [AudienceClient, AudienceClient];
  db: pg.Pool;
  schema: string;
  timeoutMs: number;
}

export interface Clients {
  alone: AudienceClient;
  /** Missing where there is no Redis. */
  redis?: [AudienceClient, AudienceClient];
  /** Missing where there is no PostgreSQL. */
  postgres?: OnPostgres;
  /** What is not there, in words. */
  missing: string[];
  close(): Promise<void>;
}

/** `requestsPerSecond`: of each of the three rates. */
export async function createClients(baseUrl: string, requestsPerSecond: number): Promise<Clients> {
  const create = (options: Partial<AudienceClientOptions> = {}) =>
    createAudienceClient({
      restKey: "rest-key-of-the-soak",
      projectKey: "project-key",
      baseUrl,
      requestsPerSecond,
      timeoutMs: TIMEOUT_MS,
      retry: { retries: 20, minDelayMs: 50, maxDelayMs: 1_000, throttleDelayMs: 500 },
      ...options,
    });
  const name = `soak_${process.pid}`;
  const clients: Clients = { alone: create(), missing: [], close: async () => {} };
  const closers: (() => Promise<unknown>)[] = [];
  clients.close = async () => {
    for (const close of closers) await close();
  };

  const foundRedis = await findRedis();
  if ("url" in foundRedis) {
    const redis = new Redis(foundRedis.url);
    closers.push(() => redis.del(name).then(() => redis.quit()));
    const limiter = () => redisLimiter(redis, { key: name, requestsPerSecond });
    clients.redis = [create({ limiter: limiter() }), create({ limiter: limiter() })];
  } else clients.missing.push(foundRedis.missing);

  const foundPostgres = await findPostgres();
  if ("url" in foundPostgres) {
    const db = new pg.Pool({ connectionString: foundPostgres.url, max: 4, idleTimeoutMillis: 0 });
    await migrate(db, { schema: name });
    closers.push(() => db.query(`DROP SCHEMA ${name} CASCADE`).then(() => db.end()));
    const limiter = () => postgresLimiter(db, { schema: name, requestsPerSecond });
    const pair: [AudienceClient, AudienceClient] = [
      create({ limiter: limiter() }),
      create({ limiter: limiter() }),
    ];
    clients.postgres = { clients: pair, db, schema: name, timeoutMs: TIMEOUT_MS };
  } else clients.missing.push(foundPostgres.missing);
  return clients;
}
