import { assertOption } from "../options.ts";

/** What a statement of this package is given. */
export type Value = string | number | string[];

/**
 * Anything that runs one statement with `$1`, `$2` …: a pool or a client of pg, PGlite, a transaction of either. For
 * postgres.js: `{ query: (text, values) => sql.unsafe(text, values) }`.
 */
export interface Database {
  query(text: string, values?: Value[]): PromiseLike<{ rows: unknown[] } | readonly unknown[]>;
}

export interface SchemaOptions {
  /** The schema of all tables. Default "batch_audiences". Programs of different projects need different ones. */
  schema?: string | undefined;
}

/** One database and one schema. `query` replaces `{schema}`, and gives the rows. */
export class Tables {
  readonly schema: string;
  readonly #db: Database;

  constructor(db: Database, schema: string | undefined) {
    assertOption("db", typeof db?.query === "function", "an object with `query`", db);
    this.#db = db;
    this.schema = resolveSchema(schema);
  }

  /** Numbers that may be beyond 2^53 and times come as text or milliseconds: drivers differ in how they read them. */
  async query<Row>(text: string, values: Value[]): Promise<Row[]> {
    const result = await this.#db.query(text.replaceAll("{schema}", this.schema), values);
    return ("rows" in result ? result.rows : [...result]) as Row[];
  }
}

export function resolveSchema(schema = "batch_audiences"): string {
  // It stands in statements as it is, and is the channel of the notifications.
  const isName = typeof schema === "string" && /^[a-z_][a-z0-9_]{0,62}$/.test(schema);
  assertOption("schema", isName, "a name of 1 to 63 characters of a-z, 0-9 and _", schema);
  return schema;
}
