import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { migrate, migrationSql } from "../../src/postgres/migrate.ts";
import { rejection } from "../support/expectations.ts";
import { createSchema, dropSchemasAfterwards } from "../support/postgres.ts";

dropSchemasAfterwards();

const TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY 1";

test("creates all tables in a schema of their own", async () => {
  const db = await createSchema({ empty: true });
  await migrate(db, { schema: db.schema });
  const tables = (await db.rows(TABLES)).map(({ table_name }) => table_name);
  expect(tables).toEqual(["dead_letters", "leases", "limiters", "migrations", "queue"]);
});

test("may run again, and many times at once, and leaves what is there", async () => {
  const db = await createSchema({ empty: true });
  const { schema } = db;
  await Promise.all(Array.from({ length: 4 }, () => migrate(db, { schema })));
  await db.query(`INSERT INTO ${schema}.queue (audience, id, action) VALUES ('vips', 'a', '{}')`);
  await migrate(db, { schema });
  expect(await db.rows("SELECT id FROM {schema}.queue")).toEqual([{ id: "a" }]);
  expect(await db.rows("SELECT version FROM {schema}.migrations")).toEqual([{ version: 1 }]);
});

test("the SQL for those who run migrations themselves is what it runs", async () => {
  const db = await createSchema({ empty: true });
  await db.query(migrationSql({ schema: db.schema }));
  await migrate(db, { schema: db.schema });
  expect(await db.rows("SELECT version FROM {schema}.migrations")).toEqual([{ version: 1 }]);
  expect(migrationSql()).toContain("CREATE TABLE batch_audiences.queue (");
});

test.each(["Public", "a-b", "", "1st", "x".repeat(64), `a"; DROP SCHEMA public`])(
  "a schema that is named %j is refused",
  async (schema) => {
    const db = await createSchema({ empty: true });
    const error = await rejection(migrate(db, { schema }), ConfigurationError);
    expect(error.option).toBe("schema");
  },
);
