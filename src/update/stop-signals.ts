/** How a run ends early, and why. */
export class StopSignals {
  readonly #halt = new AbortController();
  readonly #cut = new AbortController();
  #stopped: { cause: unknown } | undefined;

  /** Aborted once no new request may start. */
  get halt(): AbortSignal {
    return this.#halt.signal;
  }

  /** Aborted once requests in flight must end too. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** What ended the run, if anything did: the first cause counts. */
  get stopped(): { cause: unknown } | undefined {
    return this.#stopped;
  }

  stop(cause: unknown): void {
    this.#stopped ??= { cause };
    this.#halt.abort(cause);
  }

  abort(reason: unknown): void {
    this.stop(reason);
    this.#cut.abort(reason);
  }
}
