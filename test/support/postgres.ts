// PostgreSQL for tests: the server of this machine or, where there is none, PGlite in this process.

import { randomBytes } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, onTestFinished } from "vitest";
import { findPostgres } from "../../scripts/servers.ts";
import type { Database } from "../../src/postgres/database.ts";
import { migrate } from "../../src/postgres/migrate.ts";
import { turns } from "./event-loop.ts";

/** Where the server is. Missing where there is none. */
export const serverUrl = await findPostgres().then((found) => ("url" in found ? found.url : undefined));

export interface TestDatabase extends Database {
  readonly schema: string;
  /** What the functions of the entry are given. */
  readonly options: { schema: string };
  /** The rows of a statement. `{schema}` is replaced. */
  rows(text: string, values?: string[]): Promise<Record<string, unknown>[]>;
}

let shared: (Database & { close(): Promise<void> }) | undefined;

/** A new schema, which is dropped after the tests of the file. Test files run side by side. */
export async function createSchema({ empty = false } = {}): Promise<TestDatabase> {
  shared ??= serverUrl === undefined ? await pglite() : pool(serverUrl);
  const db = shared;
  const schema = `t_${process.pid}_${randomBytes(5).toString("hex")}`;
  schemas.push(schema);
  if (!empty) await migrate(db, { schema });
  return {
    schema,
    options: { schema },
    query: (text, values) => db.query(text, values),
    async rows(text, values) {
      // A statement of PGlite lets no timer run, and tests ask until something has changed.
      await turns(1);
      const result = await db.query(text.replaceAll("{schema}", schema), values);
      return (result as { rows: Record<string, unknown>[] }).rows;
    },
  };
}

const schemas: string[] = [];

/** For each test file that uses schemas, since files share this module. */
export function dropSchemasAfterwards(): void {
  afterAll(async () => {
    for (const schema of schemas.splice(0)) await shared?.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    // PGlite takes seconds to start, so the next file goes on with it.
    if (serverUrl === undefined) return;
    await shared?.close();
    shared = undefined;
  });
}

/** A new database on the server, for a program that uses the standard schema. It is dropped when the test ends. Its address. */
export async function createDatabase(): Promise<string> {
  const name = `t_${process.pid}_${randomBytes(5).toString("hex")}`;
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  onTestFinished(async () => {
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.end();
  });
  await server.query(`CREATE DATABASE ${name}`);
  return new URL(`/${name}`, serverUrl).href;
}

/** A pool of connections to the server. */
export function pool(url: string, options: pg.PoolConfig = {}): pg.Pool & { close(): Promise<void> } {
  const created = new pg.Pool({ connectionString: url, max: 5, ...options });
  // A connection that a test has cut is no error of the test.
  created.on("error", () => {});
  return Object.assign(created, { close: () => created.end() });
}

async function pglite(): Promise<Database & { close(): Promise<void> }> {
  return PGlite.create();
}
