import type { Limiter } from "../options.ts";
import { type Runtime, untilAborted } from "../runtime.ts";

/** Timers fire a few milliseconds late. So much is made up for. More would be a burst. */
const TIMER_SLACK_MS = 5;
/**
 * Turns are this much further apart than the rate asks for. The API counts arrivals, which are less even than starts, and
 * a 429 costs 5 s: docs/decisions/0006-margin.md has the numbers.
 */
const MARGIN = 1.02;
/** The first request after a pause opens a connection, and so arrives late. */
const MARGIN_AFTER_PAUSE = 1.2;
/** Idle connections are closed after about this time. */
const PAUSE_MS = 4_000;
/** After a cooldown, the waiting requests start within this share of its length. */
const SPREAD = 0.2;

/** How far apart two turns are. `idleMs`: how long no turn was taken that could have been. */
export function turnLengthMs(intervalMs: number, idleMs: number): number {
  return intervalMs * (idleMs >= PAUSE_MS ? MARGIN_AFTER_PAUSE : MARGIN);
}

/**
 * Decides when a request may start: a little over `1 / requestsPerSecond` after the one before, first come, first served,
 * never in a cooldown. A client has one, since the API counts all routes together. With a limiter that is shared with other
 * programs, that one gives the turns, and this one only knows the cooldowns after the 429 of this client.
 */
export class RateLimiter {
  readonly #runtime: Runtime;
  readonly #shared: Limiter | undefined;
  /** The time between two starts that the rate asks for. */
  readonly intervalMs: number;
  /** Resolves once all earlier callers have had their turn. */
  #lastTurn: Promise<void> = Promise.resolve();
  #nextTurnAt = Number.NEGATIVE_INFINITY;
  /** When the cooldown ends, and how long the last one is. */
  #cooldownEndsAt = Number.NEGATIVE_INFINITY;
  #cooldownMs = 0;
  /** All cooldowns since the client was made, the rest of the present one included. */
  #allCooldownsMs = 0;

  constructor(requestsPerSecond: number, runtime: Runtime, shared?: Limiter) {
    this.#runtime = runtime;
    this.#shared = shared;
    this.intervalMs = 1000 / requestsPerSecond;
  }

  /** Resolves when a request may start. If it rejects, with the signal's reason, no turn is used up. */
  async turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#shared !== undefined) {
      return untilAborted(this.#shared.turn(signal ?? new AbortController().signal), signal);
    }
    const before = this.#lastTurn;
    let end = (): void => {};
    this.#lastTurn = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await untilAborted(before, signal);
      await this.#waitForTurn(signal);
    } finally {
      // A caller that gives up must not let a later one overtake the earlier ones.
      void before.then(end);
    }
  }

  /** Starts a cooldown for all, or prolongs it. With a shared limiter, resolves when that one knows; rejects like `turn`. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const now = this.#runtime.now();
    const endsAt = now + ms;
    if (endsAt <= this.#cooldownEndsAt) return;
    this.#allCooldownsMs += endsAt - Math.max(now, this.#cooldownEndsAt);
    this.#cooldownMs = ms;
    this.#cooldownEndsAt = endsAt;
    const known = this.#shared?.pause(ms);
    // It may be a database that cannot be reached.
    if (known !== undefined) await untilAborted(Promise.resolve(known), signal);
  }

  /** How much longer the cooldown lasts. */
  get throttledForMs(): number {
    return Math.max(0, this.#cooldownEndsAt - this.#runtime.now());
  }

  /** Time spent in cooldowns so far. */
  get throttledMs(): number {
    return this.#allCooldownsMs - this.throttledForMs;
  }

  /** A random start within what is left of the spread after a cooldown. */
  #drawStart(): number {
    const from = Math.max(this.#cooldownEndsAt, this.#runtime.now());
    const left = this.#cooldownEndsAt + SPREAD * this.#cooldownMs - from;
    return from + this.#runtime.random() * Math.max(0, left);
  }

  async #waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    let cooldownEndsAt = Number.NEGATIVE_INFINITY;
    let earliest = cooldownEndsAt;
    let slept = false;
    for (;;) {
      if (this.#cooldownEndsAt !== cooldownEndsAt) {
        cooldownEndsAt = this.#cooldownEndsAt;
        earliest = this.#drawStart();
      }
      const at = Math.max(this.#nextTurnAt, earliest);
      const now = this.#runtime.now();
      if (at <= now) {
        const start = slept ? Math.max(at, now - TIMER_SLACK_MS) : now;
        this.#nextTurnAt = start + turnLengthMs(this.intervalMs, now - this.#nextTurnAt);
        return;
      }
      slept = true;
      await this.#runtime.sleep(at - now, signal);
    }
  }
}
