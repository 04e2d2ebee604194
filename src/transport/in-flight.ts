import { untilAborted } from "../runtime.ts";

/** Limits how many requests are outstanding together. First come, first served. */
export class InFlight {
  readonly #max: number;
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Resolves once there is a place. If it rejects, with the signal's reason, no place is taken. */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#count < this.#max) {
      this.#count++;
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
      const index = this.#waiting.indexOf(admit);
      if (index >= 0) this.#waiting.splice(index, 1);
      else this.leave(); // It was admitted just before it gave up.
      throw reason;
    }
  }

  /** Frees the place, or gives it to the first that waits, so that no newcomer can take it. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#count--;
    else next();
  }
}
