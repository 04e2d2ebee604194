import type { DelivererOptions } from "./deliverer-options.ts";
import type { Delivered } from "./delivery.ts";

/** Calls the caller's callbacks. If one of them throws or rejects, the deliverer stops. */
export class DelivererCallbacks {
  readonly #functions: Pick<DelivererOptions, "onDelivered" | "onError">;
  readonly #stop: AbortController;
  /** What the first one has thrown that failed. */
  failure: { cause: unknown } | undefined;

  constructor(functions: Pick<DelivererOptions, "onDelivered" | "onError">, stop: AbortController) {
    this.#functions = functions;
    this.#stop = stop;
  }

  onDelivered(delivered: Delivered): void {
    void this.#call(() => this.#functions.onDelivered?.(delivered));
  }

  onError(error: unknown, audience?: string): void {
    void this.#call(() => this.#functions.onError?.(error, audience));
  }

  async #call(callback: () => unknown): Promise<void> {
    try {
      await callback();
    } catch (cause) {
      this.failure ??= { cause };
      this.#stop.abort(cause);
    }
  }
}
