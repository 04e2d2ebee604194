import { untilAborted } from "../runtime.ts";

/** Limits how many requests are outstanding together. First come, first served. */
export class InFlight {
  readonly #max: number;
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Resolves when there is room. Rejects with the signal's reason, and then takes up none. */
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
      const place = this.#waiting.indexOf(admit);
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.leave(); // It was admitted just before it gave up.
      throw reason;
    }
  }

  /** Hands the place on, so that nobody else can take it first. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#count--;
    else next();
  }
}
