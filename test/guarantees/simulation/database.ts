// A PostgreSQL in this process, whose clock is the virtual one: a function of the same name hides the system's. One connection serves
// all programs, so their transactions come one after the other. Statements take no virtual time.

import { PGlite } from "@electric-sql/pglite";
import type { Limiter } from "../../../src/options.ts";
import type { Database } from "../../../src/postgres/database.ts";
import { migrate } from "../../../src/postgres/migrate.ts";
import { PostgresLimiter } from "../../../src/postgres/postgres-limiter.ts";
import type { Runtime } from "../../../src/runtime.ts";
import type { Mortal } from "../../support/mortal.ts";

const SCHEMA = "simulated";
export const OPTIONS = { schema: SCHEMA };

/** Each reading is later than the one before, as it is of a real clock. */
const CLOCK = `
  CREATE SCHEMA ${SCHEMA};
  CREATE SEQUENCE ${SCHEMA}.ticks;
  CREATE FUNCTION ${SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT to_timestamp(current_setting('${SCHEMA}.now')::float8 / 1000) + nextval('${SCHEMA}.ticks') * interval '1 us'
  $$;
  SET search_path = ${SCHEMA}, pg_catalog;`;

/** How many batches of a producer are in the queue, or were: in the transaction that puts them there. */
const POSITIONS = `CREATE TABLE ${SCHEMA}.positions (producer text PRIMARY KEY, batches integer NOT NULL)`;

const EMPTY = `
  TRUNCATE ${SCHEMA}.queue, ${SCHEMA}.dead_letters, ${SCHEMA}.leases, ${SCHEMA}.limiters, ${SCHEMA}.positions;
  SELECT setval('${SCHEMA}.queue_seq', 1, false), setval('${SCHEMA}.ticks', 1, false);`;

/** Starting takes seconds, so all seeds use the same. */
let started: Promise<PGlite> | undefined;

async function start(): Promise<PGlite> {
  const db = await PGlite.create();
  await db.exec(CLOCK);
  await migrate(db, OPTIONS);
  await db.exec(POSITIONS);
  return db;
}

/** What is in the database, and who uses it: one statement or one transaction at a time. */
export class SimulatedDatabase implements Database {
  readonly #db: PGlite;
  readonly #runtime: Runtime;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: PGlite, runtime: Runtime) {
    this.#db = db;
    this.#runtime = runtime;
  }

  /** With no rows but those of the schema. */
  static async empty(runtime: Runtime): Promise<SimulatedDatabase> {
    started ??= start();
    const db = await started;
    await db.exec(EMPTY);
    return new SimulatedDatabase(db, runtime);
  }

  /** The limiter of a process. The rows are what all of them share. */
  limiter(process: Mortal, requestsPerSecond: number): Limiter {
    return new PostgresLimiter(process.database(this), { ...OPTIONS, requestsPerSecond }, this.#runtime);
  }

  query(...statement: Parameters<Database["query"]>): Promise<{ rows: unknown[] }> {
    return this.#alone(() => this.#run(...statement));
  }

  /** What a process does in one transaction. If it dies meanwhile, the server rolls back, and this never ends. */
  transaction(process: Mortal, work: (db: Database) => Promise<void>): Promise<void> {
    const carriedOut = this.#alone(async () => {
      const db = process.database({ query: (...statement) => this.#run(...statement) });
      const whole = async () => {
        await db.query("BEGIN");
        await work(db);
        await db.query("COMMIT");
      };
      const end = await Promise.race([whole(), process.died]);
      // After a COMMIT of which the process does not know, this changes nothing.
      if (end === "died") await this.#run("ROLLBACK");
    });
    return carriedOut.then(() => (process.isDead ? new Promise<void>(() => {}) : undefined));
  }

  async #run(...[text, values]: Parameters<Database["query"]>): Promise<{ rows: unknown[] }> {
    await this.#db.query(`SELECT set_config('${SCHEMA}.now', $1, false)`, [`${this.#runtime.date()}`]);
    return this.#db.query(text, values);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
