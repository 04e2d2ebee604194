import type { Runtime } from "../runtime.ts";
import type { Transport } from "../transport/transport.ts";
import { type Target, WHOLE_AUDIENCE } from "./indexing-state.ts";
import { NEW_FOR_MS, type WaitSettings, waitUntilApplied } from "./wait-until-applied.ts";

/** How long a request that was given up may still be on its way to the API. */
export const GRACE_MS = 10_000;
/** With more ids in doubt than this, every id counts as in doubt: that bounds the memory. */
const MAX_IDS_IN_DOUBT = 100_000;

/** Calls that wait for nothing, with `betweenWindows: "accepted"`, must not fill the memory. */
const MAX_TOKENS = 100_000;

interface Doubt {
  /** When the last of these requests was given up. */
  since: number;
  /** The ids of these requests, or "any" if they are not known. */
  ids: Set<string> | "any";
}

/**
 * What was sent to an audience and is not known to be applied. The API promises no order between two requests, so a later
 * action for an id may only be sent once the earlier one is applied.
 */
export class PendingRequests {
  readonly #tokens = new Set<string>();
  /** When the last token came. */
  #newestAt = Number.NEGATIVE_INFINITY;
  /** Requests that may have been carried out, without a token. */
  #doubt: Doubt | undefined;

  get tokens(): string[] {
    return [...this.#tokens];
  }

  get isEmpty(): boolean {
    return this.#tokens.size === 0 && this.#doubt === undefined;
  }

  addToken(token: string, now: number): void {
    this.#newestAt = now;
    this.#tokens.add(token);
    if (this.#tokens.size <= MAX_TOKENS) return;
    // Nobody has waited for them. From now on, the audience as a whole is asked for instead.
    this.#tokens.clear();
    this.addDoubt("any", now);
  }

  addDoubt(ids: Iterable<string> | "any", now: number): void {
    const { since = now, ids: known = new Set<string>() } = this.#doubt ?? {};
    this.#doubt = { since: Math.max(now, since), ids: union(known, ids) };
  }

  /** An earlier run ended, perhaps with requests in flight. */
  resume(tokens: readonly string[], now: number): void {
    for (const token of tokens) this.addToken(token, now);
    // Its process has ended, so its requests have arrived or never will. No grace is needed.
    this.addDoubt("any", Number.NEGATIVE_INFINITY);
  }

  removeToken(token: string): void {
    this.#tokens.delete(token);
  }

  /** Waits until all tokens are applied and, with `concernsDoubt`, until the audience as a whole is. */
  async waitUntilApplied(
    audience: string,
    transport: Transport,
    runtime: Runtime,
    settings: Omit<WaitSettings, "newUntil" | "onUnknownToken" | "onApplied" | "onAudienceNeeded">,
    concernsDoubt: boolean,
  ): Promise<void> {
    let doubt = concernsDoubt ? this.#doubt : undefined;
    if (doubt !== undefined) {
      // If asked at once, the API could not know of a request that is still on its way.
      const graceMs = doubt.since + GRACE_MS - runtime.now();
      if (graceMs > 0) await runtime.sleep(graceMs, settings.signal);
    }
    const targets: Target[] = [...this.#tokens];
    if (doubt !== undefined) targets.push(WHOLE_AUDIENCE);
    if (targets.length === 0) return;
    await waitUntilApplied(audience, targets, transport, runtime, {
      ...settings,
      newUntil: this.#newestAt + NEW_FOR_MS,
      // Token lifetime is undocumented: an old unknown token counts as expired.
      onUnknownToken: "askAudience",
      onApplied: (token) => this.removeToken(token),
      onAudienceNeeded: () => {
        const isSettledHere = this.#doubt === doubt;
        this.addDoubt("any", Number.NEGATIVE_INFINITY);
        if (isSettledHere) doubt = this.#doubt;
      },
    });
    // Another request may have come into doubt meanwhile.
    if (this.#doubt === doubt) this.#doubt = undefined;
  }

  /** Whether a request in doubt has an id for which `isNext` is true. */
  hasDoubtAbout(isNext: (id: string) => boolean): boolean {
    if (this.#doubt === undefined) return false;
    if (this.#doubt.ids === "any") return true;
    for (const id of this.#doubt.ids) if (isNext(id)) return true;
    return false;
  }
}

function union(known: Doubt["ids"], ids: Iterable<string> | "any"): Doubt["ids"] {
  if (known === "any" || ids === "any") return "any";
  for (const id of ids) known.add(id);
  return known.size > MAX_IDS_IN_DOUBT ? "any" : known;
}
