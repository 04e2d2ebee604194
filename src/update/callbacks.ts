import { untilAborted } from "../runtime.ts";
import { isPromise } from "../window/source.ts";
import type { StopSignals } from "./stop-signals.ts";
import type { UpdateOptions } from "./update-options.ts";

type Functions = Pick<UpdateOptions, "onProgress" | "onReceipt" | "onRejected">;
type Arguments<N extends keyof Functions> = Parameters<NonNullable<Functions[N]>>;

/** Calls the caller's callbacks. A promise is awaited before the same callback is called again. An error ends the run. */
export class Callbacks {
  readonly #functions: Functions;
  readonly #signals: StopSignals;
  readonly #busy = new Map<keyof Functions, Promise<void>>();

  constructor(functions: Functions, signals: StopSignals) {
    this.#functions = functions;
    this.#signals = signals;
  }

  /** Calls it at once, or after its earlier calls. Resolves when they have all ended. */
  call<N extends keyof Functions>(name: N, args: () => Arguments<N>): Promise<void> | undefined {
    const callback = this.#functions[name] as ((...args: Arguments<N>) => unknown) | undefined;
    if (callback === undefined) return undefined;
    const before = this.#busy.get(name);
    if (before !== undefined)
      return this.#waitFor(
        name,
        before.then(() => (this.#signals.cut.aborted ? undefined : callback(...args()))),
      );
    try {
      const returned = callback(...args());
      if (isPromise(returned)) return this.#waitFor(name, returned);
    } catch (cause) {
      this.#signals.stop(cause);
    }
    return undefined;
  }

  /** Resolves when all calls have ended. */
  async ended(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
  }

  #waitFor(name: keyof Functions, call: PromiseLike<unknown>): Promise<void> {
    const ended = untilAborted(Promise.resolve(call), this.#signals.cut)
      .then(
        () => {},
        (cause) => this.#signals.stop(cause),
      )
      .then(() => {
        if (this.#busy.get(name) === ended) this.#busy.delete(name);
      });
    this.#busy.set(name, ended);
    return ended;
  }
}
