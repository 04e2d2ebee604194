import type { Runtime } from "../runtime.ts";

/** Says when the oldest action of a window has waited long enough. */
export class FlushTimer {
  readonly #afterMs: number;
  readonly #runtime: Runtime;
  readonly #onDue: () => void;
  #sleep: AbortController | undefined;
  #isDue = false;

  constructor(afterMs: number, runtime: Runtime, onDue: () => void) {
    this.#afterMs = afterMs;
    this.#runtime = runtime;
    this.#onDue = onDue;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** The oldest action has come. Does nothing if it came before. */
  start(): void {
    if (this.#sleep !== undefined || this.#afterMs === Number.POSITIVE_INFINITY) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    const end = (): void => {
      if (sleep.signal.aborted) return;
      this.#isDue = true;
      this.#onDue();
    };
    this.#runtime.sleep(this.#afterMs, sleep.signal).then(end, () => {});
  }

  /** The window is closed. */
  stop(): void {
    this.#sleep?.abort();
    this.#sleep = undefined;
    this.#isDue = false;
  }
}
