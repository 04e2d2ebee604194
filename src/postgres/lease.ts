import { assertOption, assertOptionNames, isMilliseconds } from "../options.ts";
import { type Runtime, systemRuntime, untilAborted } from "../runtime.ts";
import { ClockSignal } from "./clock-signal.ts";
import { type Database, type SchemaOptions, Tables } from "./database.ts";

/** Elects one of several programs. */
export interface Lease {
  /** Waits until no other program holds the lease of that name, and holds it from then on. */
  acquire(name: string, signal: AbortSignal): Promise<Held>;
}

/** A lease that is held, and renewed until it is released. */
export interface Held {
  /** Higher for each holder. A statement that checks it in the database does nothing for an earlier holder. */
  readonly fence: bigint;
  /**
   * Aborted while the lease still holds for as long as a request may take. Pass it to `update` as `signal`. It asks the clock when it
   * is read, so it also holds in a process that was suspended.
   */
  readonly lost: AbortSignal;
  /** Lets the next program have the lease at once. */
  release(): Promise<void>;
}

export interface LeaseOptions extends SchemaOptions {
  /** How long the lease holds after its last renewal, in milliseconds. Default 120,000. */
  ttlMs?: number | undefined;
  /** The `timeoutMs` of the client whose requests the lease protects, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
}

/** Part of the time to live by which the clocks of two machines may drift apart meanwhile, and then some. */
const DRIFT = 0.02;
/** The longest pause before a waiting program asks again: another may have released the lease. */
const MAX_PAUSE_MS = 1_000;
/** A renewal that failed is repeated, as often as this in the time that is left for it. */
const RENEWALS = 4;

export function lease(db: Database, options: LeaseOptions = {}): Lease {
  return new PostgresLease(db, options, systemRuntime);
}

/** What a holder works with. */
interface Holding {
  tables: Tables;
  runtime: Runtime;
  ttlMs: number;
  /** For so long after a renewal requests may start: then they have ended before the lease does. */
  usableMs: number;
}

export class PostgresLease implements Lease {
  readonly #holding: Holding;

  constructor(db: Database, options: LeaseOptions, runtime: Runtime) {
    assertOptionNames("options", options, ["schema", "ttlMs", "timeoutMs"]);
    const { ttlMs = 120_000, timeoutMs = 60_000 } = options;
    const isTimeout = isMilliseconds(timeoutMs) && timeoutMs > 0 && timeoutMs < Number.POSITIVE_INFINITY;
    assertOption("timeoutMs", isTimeout, "milliseconds above 0", timeoutMs);
    const usableMs = ttlMs - timeoutMs - DRIFT * ttlMs;
    assertOption("ttlMs", usableMs >= ttlMs / 10, `at least ${MIN_TTL} \`timeoutMs\``, ttlMs);
    this.#holding = { tables: new Tables(db, options.schema), runtime, ttlMs, usableMs };
  }

  async acquire(name: string, signal: AbortSignal): Promise<HeldLease> {
    const { tables, runtime, ttlMs } = this.#holding;
    for (;;) {
      signal.throwIfAborted();
      const clock = new Clock(runtime);
      const [row] = await tables.query<{ fence: string | null; remaining_ms: number | null }>(ACQUIRE, [
        name,
        ttlMs,
      ]);
      if (row?.fence != null) return new HeldLease(name, BigInt(row.fence), clock, this.#holding);
      const pauseMs = Math.min(MAX_PAUSE_MS, Math.max(10, row?.remaining_ms ?? 0));
      await runtime.sleep(pauseMs * (0.9 + 0.2 * runtime.random()), signal);
    }
  }
}

/** 1.2 times: a tenth of the time to live is left then to start requests and to renew. */
const MIN_TTL = 1.2;

/** The database's clock alone says when a lease has ended. */
const ACQUIRE = `
  WITH taken AS (
    INSERT INTO {schema}.leases AS l (name, fence, holder, expires_at)
    VALUES ($1, 1, current_setting('application_name'), clock_timestamp() + $2::float8 * interval '1 ms')
    ON CONFLICT (name) DO UPDATE
      SET fence = l.fence + 1, holder = excluded.holder, expires_at = clock_timestamp() + $2::float8 * interval '1 ms'
      WHERE l.expires_at <= clock_timestamp()
    RETURNING fence
  )
  SELECT
    (SELECT fence::text FROM taken) AS fence,
    (SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 FROM {schema}.leases WHERE name = $1)
      AS remaining_ms`;

const RENEW = `
  UPDATE {schema}.leases SET expires_at = clock_timestamp() + $3::float8 * interval '1 ms'
  WHERE name = $1 AND fence = $2::bigint AND expires_at > clock_timestamp()
  RETURNING name`;

const RELEASE = `
  UPDATE {schema}.leases SET expires_at = LEAST(expires_at, clock_timestamp() + $3::float8 * interval '1 ms')
  WHERE name = $1 AND fence = $2::bigint`;

/** Measures from now on. Of two clocks the one counts that has gone further: one of them stands still in a suspended machine. */
class Clock {
  readonly #runtime: Runtime;
  readonly #now: number;
  readonly #date: number;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#now = runtime.now();
    this.#date = runtime.date();
  }

  get elapsedMs(): number {
    return Math.max(this.#runtime.now() - this.#now, this.#runtime.date() - this.#date);
  }
}

export class HeldLease implements Held {
  readonly fence: bigint;
  readonly #name: string;
  readonly #holding: Holding;
  /** Started before the last renewal was asked for. */
  #clock: Clock;
  readonly #lost = new ClockSignal(() => (this.#leftMs > 0 ? undefined : this.#tooLate));
  readonly #tooLate: Error;

  constructor(name: string, fence: bigint, clock: Clock, holding: Holding) {
    this.#name = name;
    this.fence = fence;
    this.#clock = clock;
    this.#holding = holding;
    this.#tooLate = new Error(`The lease ${name} (fence ${fence}) could not be renewed in time.`);
    void this.#watch();
    void this.#renew();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** `afterMs`: how long requests may be on their way that were given up. */
  async release(afterMs = 0): Promise<void> {
    this.#lost.abort(new Error(`The lease ${this.#name} (fence ${this.fence}) was released.`));
    await this.#holding.tables.query(RELEASE, [this.#name, `${this.fence}`, afterMs]);
  }

  /** How much longer requests may start. */
  get #leftMs(): number {
    return this.#holding.usableMs - this.#clock.elapsedMs;
  }

  /** Aborts `lost` in time, also where nobody reads it. */
  async #watch(): Promise<void> {
    while (!this.lost.aborted) await this.#sleep(this.#leftMs);
  }

  async #renew(): Promise<void> {
    const { tables, ttlMs, usableMs } = this.#holding;
    for (;;) {
      await this.#sleep(usableMs / RENEWALS);
      if (this.lost.aborted) return;
      const clock = new Clock(this.#holding.runtime);
      try {
        const renewing = tables.query(RENEW, [this.#name, `${this.fence}`, ttlMs]);
        const renewed = await untilAborted(renewing, this.lost);
        if (renewed.length === 0) {
          this.#lost.abort(
            new Error(`The lease ${this.#name} (fence ${this.fence}) is held by another program.`),
          );
        } else this.#clock = clock;
      } catch {
        // The database cannot be reached: tried again as long as the lease holds.
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    await this.#holding.runtime.sleep(ms, this.lost).catch(() => {});
  }
}
