import { assertOption, assertOptionNames, type Limiter } from "../options.ts";
import { type Runtime, systemRuntime, untilAborted } from "../runtime.ts";
import { turnLengthMs } from "../transport/rate-limiter.ts";
import { type Database, type SchemaOptions, Tables } from "./database.ts";

export interface PostgresLimiterOptions extends SchemaOptions {
  /** For all programs together. Default 1, the rate of a project. */
  requestsPerSecond?: number | undefined;
}

/** A limiter for all programs that use this database and schema. */
export function limiter(db: Database, options: PostgresLimiterOptions = {}): Limiter {
  return new PostgresLimiter(db, options, systemRuntime);
}

/** A schema is for one project, and a project has one rate. */
const NAME = "requests";

export class PostgresLimiter implements Limiter {
  readonly #tables: Tables;
  readonly #intervalMs: number;
  readonly #runtime: Runtime;
  /** Resolves once all earlier callers in this process have had their turn: the others need not ask the database. */
  #lastTurn: Promise<void> = Promise.resolve();
  #turnTakenAt = Number.NEGATIVE_INFINITY;

  constructor(db: Database, options: PostgresLimiterOptions, runtime: Runtime) {
    assertOptionNames("options", options, ["schema", "requestsPerSecond"]);
    const { requestsPerSecond = 1 } = options;
    const isRate = Number.isFinite(requestsPerSecond) && requestsPerSecond > 0;
    assertOption("requestsPerSecond", isRate, "a number above 0", requestsPerSecond);
    this.#tables = new Tables(db, options.schema);
    this.#intervalMs = 1000 / requestsPerSecond;
    this.#runtime = runtime;
  }

  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#lastTurn.then(() => this.#take(signal));
    this.#lastTurn = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  async pause(ms: number): Promise<void> {
    await this.#tables.query(PAUSE, [NAME, ms]);
  }

  async #take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const idleMs = this.#runtime.now() - this.#turnTakenAt - this.#intervalMs;
      const lengthMs = turnLengthMs(this.#intervalMs, idleMs);
      const [row] = await this.#tables.query<{ wait_ms: number }>(TAKE, [NAME, lengthMs]);
      if (row === undefined) await this.#tables.query(CREATE, [NAME]);
      else if (row.wait_ms > 0) await this.#runtime.sleep(Math.ceil(row.wait_ms), signal);
      else break;
    }
    this.#turnTakenAt = this.#runtime.now();
  }
}

/** The clock is read once the row is locked: by then, another program may have taken the turn. */
const TAKE = `
  WITH locked AS MATERIALIZED (
    SELECT next_turn_at FROM {schema}.limiters WHERE name = $1 FOR UPDATE
  ), state AS MATERIALIZED (
    SELECT next_turn_at, clock_timestamp() AS at FROM locked
  ), taken AS (
    UPDATE {schema}.limiters l SET next_turn_at = state.at + $2::float8 * interval '1 ms'
    FROM state WHERE l.name = $1 AND state.next_turn_at <= state.at
  )
  SELECT GREATEST(0, extract(epoch FROM next_turn_at - at)::float8 * 1000) AS wait_ms FROM state`;

const CREATE = `
  INSERT INTO {schema}.limiters (name, next_turn_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING`;

const PAUSE = `
  INSERT INTO {schema}.limiters AS l (name, next_turn_at)
  VALUES ($1, clock_timestamp() + $2::float8 * interval '1 ms')
  ON CONFLICT (name) DO UPDATE SET next_turn_at = GREATEST(l.next_turn_at, excluded.next_turn_at)`;
