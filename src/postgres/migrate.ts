import { type Database, resolveSchema, type SchemaOptions, Tables } from "./database.ts";

/** What brings the schema from each version to the next one. A statement is never changed once it was released. */
const VERSIONS = [
  `
    CREATE SEQUENCE {schema}.queue_seq;
    -- The last action of each id that is not delivered yet.
    CREATE TABLE {schema}.queue (
      audience text NOT NULL,
      -- The id as it stands in JSON, without the quotes: PostgreSQL cannot store every string.
      id text NOT NULL,
      action text NOT NULL,
      -- Another number for each action.
      seq bigint NOT NULL DEFAULT nextval('{schema}.queue_seq'),
      -- Since when there is something to deliver for the id.
      since timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (audience, id)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
    CREATE INDEX queue_oldest ON {schema}.queue (audience, since);
    -- Actions that cannot be delivered, until a later one for the id is.
    CREATE TABLE {schema}.dead_letters (
      audience text NOT NULL,
      id text NOT NULL,
      action text NOT NULL,
      reason text NOT NULL,
      refused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (audience, id)
    );
    CREATE TABLE {schema}.leases (
      name text PRIMARY KEY,
      -- One more for each holder.
      fence bigint NOT NULL,
      -- The application_name of the holder.
      holder text NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE TABLE {schema}.limiters (
      name text PRIMARY KEY,
      next_turn_at timestamptz NOT NULL
    );`,
];

/**
 * Creates the tables, or brings those of an earlier version up to date. May be called at each start, by any number of programs at
 * once.
 */
export async function migrate(db: Database, options: SchemaOptions = {}): Promise<void> {
  await new Tables(db, options.schema).query(migrationSql(options), []);
}

/** What `migrate` runs: one statement, for those who run migrations themselves. It may be run again. */
export function migrationSql({ schema }: SchemaOptions = {}): string {
  const name = resolveSchema(schema);
  const steps = VERSIONS.map(
    (statements, index) => `
  IF NOT EXISTS (SELECT FROM {schema}.migrations WHERE version = ${index + 1}) THEN${statements}
    INSERT INTO {schema}.migrations (version) VALUES (${index + 1});
  END IF;`,
  );
  return `DO $migration$
BEGIN
  -- Two programs that start together must not create the tables twice.
  PERFORM pg_advisory_xact_lock(hashtext('batch-audiences'), hashtext('{schema}'));
  CREATE SCHEMA IF NOT EXISTS {schema};
  CREATE TABLE IF NOT EXISTS {schema}.migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
  );${steps.join("")}
END
$migration$;
`.replaceAll("{schema}", name);
}
