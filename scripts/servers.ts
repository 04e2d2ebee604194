/**
 * The servers that tests and benchmarks use: `POSTGRES_URL` and `REDIS_URL`, else those at the standard ports of this machine. A
 * server that is named has to be there. An empty name means: as if there were none.
 */

import { Redis } from "ioredis";
import pg from "pg";

export type Found = { url: string } | { missing: string };

const CONNECT_MS = 2_000;

export function findPostgres(): Promise<Found> {
  return find("PostgreSQL", "POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres", async (url) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
    client.on("error", () => {});
    await client.connect();
    await client.end();
  });
}

export function findRedis(): Promise<Found> {
  return find("Redis", "REDIS_URL", "redis://127.0.0.1:6379", async (url) => {
    const options = { lazyConnect: true, connectTimeout: CONNECT_MS, retryStrategy: () => null };
    const client = new Redis(url, options);
    client.on("error", () => {});
    try {
      await client.connect();
      await client.ping();
    } finally {
      client.disconnect();
    }
  });
}

/** Test files that need a server, and what else they need. */
const NEEDS = [
  {
    files: "test/postgres/server/**/*.test.ts",
    why: "several connections to PostgreSQL",
    find: findPostgres,
  },
  { files: "test/recipes/server/**/*.test.ts", why: "PostgreSQL", find: findPostgres },
  { files: "test/redis/**/*.test.ts", why: "Redis", find: findRedis },
];

/** Test files that cannot run on this machine, and why. They are left out before any test is declared. */
export async function testsLeftOut(): Promise<{ files: string; why: string }[]> {
  const left = await Promise.all(
    NEEDS.map(async ({ files, why, find }) => {
      const found = await find();
      return "url" in found ? [] : [{ files, why: `needs ${why}, and there is ${found.missing}` }];
    }),
  );
  return left.flat();
}

async function find(
  server: string,
  variable: string,
  standardUrl: string,
  connect: (url: string) => Promise<void>,
): Promise<Found> {
  const url = process.env[variable] ?? standardUrl;
  if (url === "") return { missing: `none: ${variable} is empty` };
  try {
    await connect(url);
    return { url };
  } catch (cause) {
    if (process.env[variable] !== undefined) {
      throw new Error(`${server} cannot be reached at the address in ${variable}.`, { cause });
    }
    const { code, message } = cause as Error & { code?: string };
    const place = `${new URL(url).host}: ${code ?? message}`;
    return { missing: `no ${server} at ${place}; start one, or set ${variable}` };
  }
}
