import type { Runtime } from "../runtime.ts";
import type { Transport } from "../transport/transport.ts";
import type { IdSketch, SketchedIds } from "./id-sketch.ts";
import { type Target, WHOLE_AUDIENCE } from "./indexing-state.ts";
import type { SketchMemory } from "./sketch-memory.ts";
import { NEW_FOR_MS, type WaitSettings, waitUntilApplied } from "./wait-until-applied.ts";

/** How long a request that was given up may still be on its way to the API. */
export const GRACE_MS = 10_000;
/** With more requests in doubt than this, every id counts as in doubt: that bounds the memory. */
const MAX_IN_DOUBT = 1000;
/** So many tokens may wait to be asked for. They are in each checkpoint, and a resumed run asks for all of them. */
const MAX_UNASKED = 1000;
/** Calls that wait for nothing, with `betweenWindows: "accepted"`, must not fill the memory. */
const MAX_TOKENS = 100_000;

/** The ids of a request, or "any" if they are not known, or the request is about all. */
export type PendingIds = SketchedIds | "any";

interface Accepted {
  /** When the API accepted it. */
  at: number;
  ids: readonly PendingIds[];
}

interface Doubt {
  /** When the last of these requests was given up. */
  since: number;
  ids: readonly PendingIds[];
}

/**
 * What was sent to an audience and is not known to be applied. The API promises no order between two requests, so a later
 * action for an id may only be sent once the earlier one is applied.
 */
export class PendingRequests {
  readonly #memory: SketchMemory;
  /** By token, the oldest first. */
  readonly #accepted = new Map<string, Accepted>();
  /** Requests that may have been carried out, without a token. */
  #doubt: Doubt | undefined;

  constructor(memory: SketchMemory) {
    this.#memory = memory;
  }

  get tokens(): string[] {
    return [...this.#accepted.keys()];
  }

  get isEmpty(): boolean {
    return this.#accepted.size === 0 && this.#doubt === undefined;
  }

  addToken(token: string, ids: PendingIds, now: number): void {
    this.#hold(ids);
    // An API may give one token to several requests.
    const earlier = this.#accepted.get(token)?.ids ?? [];
    this.#accepted.set(token, { at: now, ids: [...earlier, ids] });
    if (this.#accepted.size <= MAX_TOKENS) return;
    // Nobody has waited for them. From now on, the audience as a whole is asked for instead.
    for (const token of this.tokens) this.removeToken(token);
    this.addDoubt("any", now);
  }

  addDoubt(ids: PendingIds, now: number): void {
    const { since = now, ids: earlier = [] } = this.#doubt ?? {};
    this.#hold(ids);
    this.#doubt = { since: Math.max(now, since), ids: [...earlier, ids] };
    if (ids !== "any" && earlier.length < MAX_IN_DOUBT) return;
    this.#drop(this.#doubt.ids);
    this.#doubt = { ...this.#doubt, ids: ["any"] };
  }

  /** An earlier run ended, perhaps with requests in flight. */
  resume(tokens: readonly string[], now: number): void {
    for (const token of tokens) this.addToken(token, "any", now);
    // Its process has ended, so its requests have arrived or never will. No grace is needed.
    this.addDoubt("any", Number.NEGATIVE_INFINITY);
  }

  removeToken(token: string): void {
    this.#drop(this.#accepted.get(token)?.ids ?? []);
    this.#accepted.delete(token);
  }

  /** Waits until all is applied that may have one of these ids. */
  async waitUntilApplied(
    audience: string,
    transport: Transport,
    runtime: Runtime,
    settings: Omit<WaitSettings, "newUntil" | "onUnknownToken" | "onApplied" | "onAudienceNeeded">,
    next: IdSketch | "any",
  ): Promise<void> {
    const concerns = sharesIds(next);
    let doubt = this.#doubt?.ids.some(concerns) ? this.#doubt : undefined;
    if (doubt !== undefined) {
      // If asked at once, the API could not know of a request that is still on its way.
      const graceMs = doubt.since + GRACE_MS - runtime.now();
      if (graceMs > 0) await runtime.sleep(graceMs, settings.signal);
    }
    // Only now: the caller may have waited for some of them meanwhile.
    const tokens = this.#tokensToAsk(concerns);
    const targets: Target[] = doubt === undefined ? tokens : [...tokens, WHOLE_AUDIENCE];
    if (targets.length === 0) return;
    const newestAt = tokens.reduce((at, token) => Math.max(at, this.#accepted.get(token)!.at), -Infinity);
    await waitUntilApplied(audience, targets, transport, runtime, {
      ...settings,
      newUntil: newestAt + NEW_FOR_MS,
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
    if (this.#doubt !== doubt) return;
    this.#drop(doubt?.ids ?? []);
    this.#doubt = undefined;
  }

  #tokensToAsk(concerns: (ids: PendingIds) => boolean): string[] {
    const excess = this.#accepted.size - MAX_UNASKED;
    const tokens = [...this.#accepted].filter(([, { ids }], place) => place < excess || ids.some(concerns));
    return tokens.map(([token]) => token);
  }

  #hold(ids: PendingIds): void {
    if (ids !== "any") this.#memory.hold(ids.sketch);
  }

  #drop(all: readonly PendingIds[]): void {
    for (const ids of all) if (ids !== "any") this.#memory.drop(ids.sketch);
  }
}

/** Says of a request whether it may have an id that is sent next. */
function sharesIds(next: IdSketch | "any"): (ids: PendingIds) => boolean {
  const comparisons = new Map<IdSketch, ReturnType<IdSketch["compare"]>>();
  return (ids) => {
    if (ids === "any" || next === "any") return true;
    const isShared = comparisons.get(ids.sketch) ?? ids.sketch.compare(next);
    comparisons.set(ids.sketch, isShared);
    return isShared(ids);
  };
}
