// Processes that share a store and a server, and can be killed: what they do then neither goes on nor ends.

import type { SnapshotStore } from "../../src/mirror/snapshot-store.ts";
import type { Limiter } from "../../src/options.ts";
import type { Database } from "../../src/postgres/database.ts";
import { onAbort } from "../../src/runtime.ts";

type Fetch = (request: Request) => Promise<Response>;

/** When a process dies: before its last operation, on the way to it, or when that was carried out and it does not know. */
export const DEATHS = ["before", "on the way", "after"] as const;
export type Death = (typeof DEATHS)[number];

/** One process. It dies at its operation number `killAt`, counted over the store, the database and the network. */
export class Mortal {
  readonly died: Promise<"died">;
  operations = 0;
  readonly #killAt: number;
  readonly #death: Death;
  readonly #abort = new AbortController();
  #announce: (death: "died") => void = () => {};
  #close: (() => Promise<void>) | undefined;

  constructor(killAt = Number.POSITIVE_INFINITY, death: Death = "before") {
    this.#killAt = killAt;
    this.#death = death;
    this.died = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  store(store: SnapshotStore): SnapshotStore {
    return {
      open: () =>
        this.#live(async () => {
          const { head, close } = await store.open();
          this.#close = close;
          return { head, close: () => this.#live(close) };
        }),
      read: (...args) => this.#live(() => store.read(...args)),
      write: (...args) => this.#live(() => store.write(...args)),
      commit: (...args) => this.#live(() => store.commit(...args)),
    };
  }

  fetch(fetch: Fetch): Fetch {
    return (request) =>
      this.#live(() => this.#untilDead(request.signal, (signal) => fetch(withSignal(request, signal))));
  }

  database(database: Database): Database {
    return { query: (text, values) => this.#live(async () => database.query(text, values)) };
  }

  /** A shared one, which gives no turn to a process that is dead. */
  limiter(limiter: Limiter): Limiter {
    return {
      turn: (signal) => (this.isDead ? dead() : this.#untilDead(signal, (either) => limiter.turn(either))),
      pause: (ms) => (this.isDead ? undefined : limiter.pause(ms)),
    };
  }

  get isDead(): boolean {
    return this.#abort.signal.aborted;
  }

  async #live<T>(operation: () => Promise<T>): Promise<T> {
    const isLast = this.operations++ === this.#killAt;
    if (isLast && this.#death === "before") this.kill();
    if (this.isDead) return dead();
    if (isLast && this.#death === "on the way") queueMicrotask(() => this.kill());
    const [end] = await Promise.allSettled([operation()]);
    if (isLast) this.kill();
    if (this.isDead) return dead();
    if (end.status === "rejected") throw end.reason;
    return end.value;
  }

  /** Ends the work with the signal, and when it dies. `AbortSignal.any` takes several times as long, and there are many seeds. */
  async #untilDead<T>(signal: AbortSignal, work: (either: AbortSignal) => Promise<T>): Promise<T> {
    const either = new AbortController();
    const forget = [signal, this.#abort.signal].map((one) => onAbort(one, () => either.abort(one.reason)));
    try {
      return await work(either.signal);
    } finally {
      for (const end of forget) end();
    }
  }

  /** Its connections end, and so does its hold of the state. */
  kill(): void {
    this.#abort.abort(new Error("killed"));
    void this.#close?.();
    this.#announce("died");
  }
}

/** What the fake asks of a request. To make another one takes longer. */
function withSignal(request: Request, signal: AbortSignal): Request {
  const { method, url, headers } = request;
  return { method, url, headers, signal, arrayBuffer: () => request.arrayBuffer() } as Request;
}

function dead<T>(): Promise<T> {
  return new Promise(() => {});
}
