import { type Runtime, untilAborted } from "../runtime.ts";

/** A timer fires up to a few milliseconds late. That much is made up for, a longer stall is not: it would be a burst. */
const TIMER_SLACK_MS = 5;
/**
 * Turns come this much further apart than the rate asks for. The API counts what arrives, some requests take a few
 * milliseconds longer to arrive than the next, and a refusal costs 5 s: docs/decisions/0006-margin.md has the numbers.
 */
const MARGIN = 1.02;
/** The first request after a pause opens a connection, which the next one finds open. */
const MARGIN_AFTER_PAUSE = 1.2;
/** Connections that nobody uses are closed after about as long. */
const PAUSE_MS = 4_000;
/** Waiting requests leave a gate that opens spread over this share of the time it was closed. */
const SPREAD = 0.2;

export interface PacerOptions {
  requestsPerSecond: number;
  maxInFlight: number;
  maxThrottledMs: number;
}

/**
 * When a request may start: a little over `1 / requestsPerSecond` after the one before, with at most `maxInFlight`
 * outstanding, and not while the API asks to wait. One for a client, since the API counts all routes together.
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #runtime: Runtime;
  readonly #intervalMs: number;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];
  #nextTurn = Number.NEGATIVE_INFINITY;
  /** When the gate opens, and for how long it was closed last. */
  #opensAt = Number.NEGATIVE_INFINITY;
  #closedMs = 0;
  /** When the first of the 429s came that no other answer has followed. */
  #throttledSince: number | undefined;
  /** Time the gate was closed or is yet to be, since the client was made. */
  #closedInAllMs = 0;

  constructor(options: PacerOptions, runtime: Runtime) {
    this.#options = options;
    this.#runtime = runtime;
    this.#intervalMs = 1000 / options.requestsPerSecond;
  }

  /** Time between two starts that the rate asks for. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Waits for its turn, then runs the request. Rejects with the signal's reason while waiting, never once it runs. */
  async run<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      await this.#turn(signal);
      return await request();
    } finally {
      this.#leave();
    }
  }

  /** Closes the gate for all. False once nothing but 429 has come for `maxThrottledMs`. */
  close(ms: number): boolean {
    const now = this.#runtime.now();
    this.#throttledSince ??= now;
    // An absurd Retry-After is cut to the time that is left: one last look, then the run ends.
    const left = this.#throttledSince + this.#options.maxThrottledMs - now;
    if (left <= 0) return false;
    const opensAt = now + Math.min(ms, left);
    if (opensAt > this.#opensAt) {
      this.#closedInAllMs += opensAt - Math.max(now, this.#opensAt);
      this.#closedMs = opensAt - now;
      this.#opensAt = opensAt;
    }
    return true;
  }

  /** An answer that is not a 429 has come. */
  answered(): void {
    this.#throttledSince = undefined;
  }

  /** How much longer the gate stays closed. */
  get closedForMs(): number {
    return Math.max(0, this.#opensAt - this.#runtime.now());
  }

  /** How long the gate has been closed so far. */
  get throttledMs(): number {
    return this.#closedInAllMs - this.closedForMs;
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#inFlight < this.#options.maxInFlight) {
      this.#inFlight++;
      return;
    }
    let admit = (): void => {};
    const admitted = new Promise<void>((resolve) => {
      admit = resolve;
    });
    this.#waiting.push(admit);
    try {
      await untilAborted(admitted, signal);
    } catch (reason) {
      const place = this.#waiting.indexOf(admit);
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#leave(); // It was admitted just before it gave up.
      throw reason;
    }
  }

  /** Hands the place on, so that nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inFlight--;
    else next();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    let gate = Number.NEGATIVE_INFINITY;
    let leaves = gate;
    let slept = false;
    for (;;) {
      if (this.#opensAt !== gate) {
        gate = this.#opensAt;
        leaves = gate + this.#runtime.random() * SPREAD * this.#closedMs;
      }
      const at = Math.max(this.#nextTurn, leaves);
      const now = this.#runtime.now();
      if (at <= now) {
        const start = slept ? Math.max(at, now - TIMER_SLACK_MS) : now;
        const isAfterPause = now - this.#nextTurn >= PAUSE_MS;
        this.#nextTurn = start + this.#intervalMs * (isAfterPause ? MARGIN_AFTER_PAUSE : MARGIN);
        return;
      }
      slept = true;
      await this.#runtime.sleep(at - now, signal);
    }
  }
}
