import { onAbort, type Runtime } from "../runtime.ts";

/** Ends a pause early. A ring while nobody waits ends the next pause at once. */
export class Wake {
  #end = new AbortController();

  ring(): void {
    this.#end.abort();
  }

  /** Resolves after `ms`, or earlier when it rings or the signal is aborted. */
  async wait(ms: number, runtime: Runtime, signal: AbortSignal): Promise<void> {
    const forget = onAbort(signal, () => this.ring());
    await runtime.sleep(ms, this.#end.signal).catch(() => {});
    forget();
    this.#end = new AbortController();
  }
}
