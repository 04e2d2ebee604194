import type { Line } from "../transport/send-with-retry.ts";
import { DEFAULT_WAIT_MS, NEW_FOR_MS, poll } from "./wait-until-applied.ts";

/**
 * What was sent to an audience and is not known to be applied. The API promises no order between two requests, so a later
 * action for an id may only be sent once the earlier one is applied.
 */
export class Unsettled {
  /** Tokens of accepted requests, and when the last of them came. */
  readonly tokens = new Set<string>();
  #newest = Number.NEGATIVE_INFINITY;
  /** A request may have been carried out whose token never arrived. */
  inDoubt = false;

  accepted(token: string | undefined, now: number): void {
    this.#newest = now;
    if (token === undefined) this.inDoubt = true;
    else this.tokens.add(token);
  }

  /** An earlier run ended, perhaps with requests on their way. */
  resume(tokens: readonly string[], now: number): void {
    this.#newest = now;
    for (const token of tokens) this.tokens.add(token);
    this.inDoubt = true;
  }

  get isEmpty(): boolean {
    return this.tokens.size === 0 && !this.inDoubt;
  }

  forget(): void {
    this.tokens.clear();
    this.inDoubt = false;
  }

  /** Waits until all of it is applied. */
  async settle(audience: string, line: Line, signal: AbortSignal, onRequest: () => void): Promise<void> {
    if (this.isEmpty) return;
    await poll(audience, this.inDoubt ? [...this.tokens, undefined] : this.tokens, line, {
      signal,
      timeoutMs: DEFAULT_WAIT_MS,
      newUntil: this.#newest + NEW_FOR_MS,
      // How long a token lives is not documented. One that the API has forgotten can tell nothing, however long one waits.
      forgive: true,
      onRequest,
    });
    this.forget();
  }
}
