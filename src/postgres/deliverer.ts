import { GRACE_MS } from "../indexing/pending-requests.ts";
import { onAbort, type Runtime, systemRuntime } from "../runtime.ts";
import { ClockSignal } from "./clock-signal.ts";
import { Tables } from "./database.ts";
import { DelivererCallbacks } from "./deliverer-callbacks.ts";
import { type DelivererOptions, resolveOptions, type Settings } from "./deliverer-options.ts";
import { deliver } from "./delivery.ts";
import { type HeldLease, PostgresLease } from "./lease.ts";
import { type FinishedAction, Queue } from "./queue.ts";
import { Wake } from "./wake.ts";

export interface Deliverer {
  /**
   * Delivers what is in the queue whenever it is elected. Resolves once the signal is aborted. If a callback throws or rejects, it
   * stops, and rejects with that error.
   */
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
    const stop = new AbortController();
    const callbacks = new DelivererCallbacks(this.#settings, stop);
    const forget = onAbort(signal, () => stop.abort(signal.reason));
    while (!stop.signal.aborted) await this.#serve(stop.signal, callbacks);
    forget();
    if (callbacks.failure !== undefined) throw callbacks.failure.cause;
  }

  /** Waits until it is elected, and delivers until it is not any more. */
  async #serve(stop: AbortSignal, callbacks: DelivererCallbacks): Promise<void> {
    try {
      const held = await this.#lease.acquire(NAME, stop);
      await new Term(held, stop, this.#tables, this.#settings, callbacks, this.#runtime).lead();
    } catch (error) {
      if (stop.aborted) return;
      callbacks.onError(error);
      await this.#runtime.sleep(DATABASE_RETRY_MS, stop).catch(() => {});
    }
  }
}

/** The time in which this deliverer is the elected one. */
class Term {
  readonly #held: HeldLease;
  readonly #stop: AbortSignal;
  readonly #queue: Queue;
  readonly #settings: Settings;
  readonly #callbacks: DelivererCallbacks;
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

  constructor(
    held: HeldLease,
    stop: AbortSignal,
    tables: Tables,
    settings: Settings,
    callbacks: DelivererCallbacks,
    runtime: Runtime,
  ) {
    this.#held = held;
    this.#stop = stop;
    this.#queue = new Queue(tables);
    this.#schema = tables.schema;
    this.#settings = settings;
    this.#callbacks = callbacks;
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
      this.#callbacks.onError(error);
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
    const { client, window } = this.#settings;
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
        this.#callbacks.onDelivered(delivered);
      }
    } catch (error) {
      if (!this.#over.signal.aborted) {
        const former = this.#paused.get(audience)?.pauseMs ?? 0;
        this.#pause(audience, Math.min(RETRY_MS.max, Math.max(RETRY_MS.min, former * 2)));
        this.#callbacks.onError(error, audience);
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
