import { GRACE_MS } from "../indexing/pending-requests.ts";
import { assertOption, assertOptionNames, isCount } from "../options.ts";
import { onAbort, type Runtime, systemRuntime } from "../runtime.ts";
import { ClockSignal } from "./clock-signal.ts";
import { type Database, type SchemaOptions, Tables } from "./database.ts";
import { type Delivered, type DeliveryContext, deliver } from "./delivery.ts";
import { type HeldLease, PostgresLease } from "./lease.ts";
import { type FinishedAction, Queue } from "./queue.ts";
import { Wake } from "./wake.ts";

/**
 * Listens to a channel of the database and calls `wake` for each notification. May return a function that ends it. For PGlite:
 * `(channel, wake) => db.listen(channel, wake)`.
 */
export type Listen = (channel: string, wake: () => void) => unknown;

export interface DelivererOptions extends SchemaOptions {
  db: Database;
  /** What it sends with. Its own: another one for other updates would not know what this one has under way. */
  client: DeliveryContext["client"];
  /** The `timeoutMs` of the client, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
  /**
   * How long the lease holds after its last renewal, in milliseconds: so long after it was killed, another deliverer takes over.
   * At least 1.2 times `timeoutMs`. Default 120,000.
   */
  ttlMs?: number | undefined;
  /** How many actions of an audience are delivered together. Default 100,000, ten requests. */
  window?: number | undefined;
  /** How often it looks for new actions without being woken, in milliseconds. Default 500. */
  pollMs?: number | undefined;
  /** Wakes it as soon as actions are committed. Default: it only polls. */
  listen?: Listen | undefined;
  /** Called after each delivery. */
  onDelivered?: ((delivered: Delivered) => unknown) | undefined;
  /** Called for each error. The actions stay in the queue, and are tried again. Without an audience, the database failed. */
  onError?: ((error: unknown, audience?: string) => unknown) | undefined;
}

export interface Deliverer {
  /** Delivers what is in the queue whenever it is elected. Resolves once the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** The lease that elects one deliverer of a schema. */
const NAME = "deliverer";
/** Audiences that are delivered at the same time. While one is indexed, others use the rate. */
const MAX_AUDIENCES = 8;
/** An audience that failed is tried again after a pause that doubles from the first to the second. */
const RETRY_MS = { min: 1_000, max: 300_000 };
/** What fails at the database is tried again after this. */
const DATABASE_RETRY_MS = 1_000;

export function createDeliverer(options: DelivererOptions): Deliverer {
  return new PostgresDeliverer(options, systemRuntime);
}

type Settings = Omit<DelivererOptions, "window" | "pollMs"> & { window: number; pollMs: number };

export class PostgresDeliverer implements Deliverer {
  readonly #settings: Settings;
  readonly #runtime: Runtime;
  readonly #tables: Tables;
  readonly #lease: PostgresLease;

  constructor(options: DelivererOptions, runtime: Runtime) {
    this.#settings = resolveOptions(options);
    this.#runtime = runtime;
    const { db, schema, ttlMs, timeoutMs } = options;
    this.#tables = new Tables(db, schema);
    this.#lease = new PostgresLease(db, { schema, ttlMs, timeoutMs }, runtime);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const held = await this.#lease.acquire(NAME, signal);
        await new Term(held, signal, this.#tables, this.#settings, this.#runtime).lead();
      } catch (error) {
        if (signal.aborted) return;
        this.#settings.onError?.(error);
        await this.#runtime.sleep(DATABASE_RETRY_MS, signal).catch(() => {});
      }
    }
  }
}

function resolveOptions(options: DelivererOptions): Settings {
  assertOptionNames("options", options, [
    ...["db", "client", "schema", "timeoutMs", "ttlMs", "window", "pollMs", "listen"],
    ...["onDelivered", "onError"],
  ]);
  const { client, window = 100_000, pollMs = 500, listen, onDelivered, onError } = options;
  const isClient = typeof client?.update === "function" && typeof client.waitUntilApplied === "function";
  assertOption("client", isClient, "a client that `createAudienceClient` has made", client);
  assertOption(
    "window",
    isCount(window, 1) && window <= 1_000_000,
    "a whole number from 1 to 1,000,000",
    window,
  );
  // Not for ever: it is also when an audience that failed is tried again.
  const isPause = Number.isFinite(pollMs) && pollMs > 0;
  assertOption("pollMs", isPause, "milliseconds above 0", pollMs);
  for (const [name, value] of Object.entries({ listen, onDelivered, onError })) {
    assertOption(name, value === undefined || typeof value === "function", "a function", value);
  }
  return { ...options, window, pollMs };
}

/** The time in which this deliverer is the elected one. */
class Term {
  readonly #held: HeldLease;
  readonly #stop: AbortSignal;
  readonly #queue: Queue;
  readonly #settings: Settings;
  readonly #runtime: Runtime;
  readonly #schema: string;
  readonly #over: ClockSignal;
  readonly #wake = new Wake();
  /** The deliveries that run, by their audience. */
  readonly #running = new Map<string, Promise<void>>();
  /** Audiences that were asked for as a whole: what an earlier deliverer has sent is applied. */
  readonly #known = new Set<string>();
  /** What is applied and still in the queue, by audience. */
  readonly #finished = new Map<string, FinishedAction[]>();
  /** Audiences that failed or are locked, and when to try them again. */
  readonly #paused = new Map<string, { pauseMs: number; until: number }>();
  #lastAudience = "";

  constructor(held: HeldLease, stop: AbortSignal, tables: Tables, settings: Settings, runtime: Runtime) {
    this.#held = held;
    this.#stop = stop;
    this.#queue = new Queue(tables);
    this.#schema = tables.schema;
    this.#settings = settings;
    this.#runtime = runtime;
    this.#over = new ClockSignal(() => {
      const ended = [stop, held.lost].find(({ aborted }) => aborted);
      return ended?.reason;
    });
  }

  async lead(): Promise<void> {
    const check = () => this.#over.check();
    const forget = [this.#stop, this.#held.lost].map((signal) => onAbort(signal, check));
    let unlisten: unknown;
    try {
      unlisten = await this.#settings.listen?.(this.#schema, () => this.#wake.ring());
      while (!this.#over.signal.aborted) await this.#round();
    } finally {
      const wasRunning = this.#running.size > 0;
      try {
        await Promise.all(this.#running.values());
        for (const end of forget) end();
        if (typeof unlisten === "function") await unlisten();
      } finally {
        // It would be renewed for ever. One that is lost runs out by itself.
        if (!this.#held.lost.aborted) await this.#held.release(wasRunning ? GRACE_MS : 0);
      }
    }
  }

  /** Starts what can be started, and waits for something to happen. */
  async #round(): Promise<void> {
    try {
      for (const audience of await this.#next()) {
        this.#lastAudience = audience;
        this.#running.set(audience, this.#deliver(audience));
      }
      await this.#wake.wait(this.#settings.pollMs, this.#runtime, this.#over.signal);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      this.#settings.onError?.(error);
      await this.#runtime.sleep(DATABASE_RETRY_MS, this.#over.signal).catch(() => {});
    }
  }

  /** The audiences to start with, those first that come after the last one: none has to wait for another twice. */
  async #next(): Promise<string[]> {
    const room = MAX_AUDIENCES - this.#running.size;
    if (room === 0) return [];
    const audiences = await this.#queue.audiences();
    const after = audiences.filter((name) => name > this.#lastAudience);
    const before = audiences.filter((name) => name <= this.#lastAudience);
    const now = this.#runtime.now();
    const isReady = (name: string) =>
      !this.#running.has(name) && (this.#paused.get(name)?.until ?? now) <= now;
    return [...after, ...before].filter(isReady).slice(0, room);
  }

  async #deliver(audience: string): Promise<void> {
    const { client, window, onDelivered, onError } = this.#settings;
    const isFirst = !this.#known.has(audience);
    const fence = { name: NAME, fence: this.#held.fence };
    const finished = this.#finished.get(audience) ?? [];
    const context = {
      queue: this.#queue,
      client,
      fence,
      signal: this.#over.signal,
      window,
      isFirst,
      finished,
    };
    try {
      const delivered = await deliver(audience, context);
      if (delivered === undefined) this.#pause(audience, this.#settings.pollMs);
      else {
        this.#paused.delete(audience);
        this.#known.add(audience);
        onDelivered?.(delivered);
      }
    } catch (error) {
      if (!this.#over.signal.aborted) {
        const former = this.#paused.get(audience)?.pauseMs ?? 0;
        this.#pause(audience, Math.min(RETRY_MS.max, Math.max(RETRY_MS.min, former * 2)));
        onError?.(error, audience);
      }
    } finally {
      this.#finished.set(audience, context.finished);
      this.#running.delete(audience);
      this.#wake.ring();
    }
  }

  #pause(audience: string, pauseMs: number): void {
    this.#paused.set(audience, { pauseMs, until: this.#runtime.now() + pauseMs });
  }
}
