/**
 * A signal that also asks when it is read. In a process that was suspended, a timer that aborts may be overdue: the code that
 * runs first must not see a signal that is still unaborted.
 */
export class ClockSignal {
  readonly #controller = new AbortController();
  readonly #reasonNow: () => unknown;

  /** `reasonNow` gives the reason once the signal has to be aborted. */
  constructor(reasonNow: () => unknown) {
    this.#reasonNow = reasonNow;
    const { signal } = this.#controller;
    const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!.get!;
    Object.defineProperties(signal, {
      aborted: {
        get: () => {
          this.check();
          return aborted.call(signal) as boolean;
        },
      },
      throwIfAborted: {
        value: () => {
          this.check();
          AbortSignal.prototype.throwIfAborted.call(signal);
        },
      },
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    // Once it is aborted, this does nothing.
    this.#controller.abort(reason);
  }

  check(): void {
    const reason = this.#reasonNow();
    if (reason !== undefined) this.abort(reason);
  }
}
