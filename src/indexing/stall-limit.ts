import { onAbort, type Runtime } from "../runtime.ts";

/**
 * Ends a wait when nothing has changed for too long. Time in which other requests use the rate does not count; a cooldown
 * after a 429 does.
 */
export class StallLimit {
  readonly #limitMs: number;
  readonly #runtime: Runtime;
  readonly #end = new AbortController();
  readonly #forget: (() => void) | undefined;
  #usedMs = 0;
  #countsSince: number | undefined;
  #timer: AbortController | undefined;
  #isReached = false;

  constructor(limitMs: number, runtime: Runtime, signal: AbortSignal | undefined) {
    this.#limitMs = limitMs;
    this.#runtime = runtime;
    this.#forget = signal && onAbort(signal, () => this.#end.abort(signal.reason));
  }

  /** Aborted once the limit is reached, or with the reason of the given signal. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Time counts from now on. */
  start(): void {
    if (this.#countsSince !== undefined || this.#limitMs === Number.POSITIVE_INFINITY) return;
    this.#countsSince = this.#runtime.now();
    const timer = new AbortController();
    this.#timer = timer;
    const reach = (): void => {
      this.#isReached = true;
      this.#end.abort(new Error("nothing has changed for too long"));
    };
    this.#runtime.sleep(Math.max(0, this.#limitMs - this.#usedMs), timer.signal).then(reach, () => {});
  }

  /** Time does not count until the next `start`. */
  stop(): void {
    if (this.#countsSince === undefined) return;
    this.#usedMs += this.#runtime.now() - this.#countsSince;
    this.#countsSince = undefined;
    // Without a reason, one with a stack trace would be made.
    this.#timer?.abort("stopped");
  }

  /** Something has changed: counts from zero again. */
  reset(): void {
    this.stop();
    this.#usedMs = 0;
    this.start();
  }

  close(): void {
    this.stop();
    this.#forget?.();
  }
}
