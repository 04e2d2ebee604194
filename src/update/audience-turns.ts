import { PendingRequests } from "../indexing/pending-requests.ts";
import { untilAborted } from "../runtime.ts";

interface AudienceState {
  pending: PendingRequests;
  /** Resolves when all calls so far have ended; missing when none is running or waiting. */
  ended?: Promise<unknown> | undefined;
}

/** Runs the updates of an audience one after the other, and holds what they leave pending, for as long as there is some. */
export class AudienceTurns {
  readonly #states = new Map<string, AudienceState>();

  /** Runs after every call for the audience that came before, whatever became of those. */
  run<T>(
    audience: string,
    signal: AbortSignal | undefined,
    call: (pending: PendingRequests) => Promise<T>,
  ): Promise<T> {
    const state = this.#states.get(audience) ?? { pending: new PendingRequests() };
    this.#states.set(audience, state);
    const before = state.ended ?? Promise.resolve();
    const run = () => call(state.pending);
    // Once aborted it need not wait: it starts nothing.
    const mine = untilAborted(before, signal).then(run, run);
    const ended = Promise.allSettled([before, mine]).then(() => {
      if (state.ended === ended) state.ended = undefined;
      this.#forget(audience, state);
    });
    state.ended = ended;
    return mine;
  }

  /** What the audience's calls have left pending, where there is any. */
  pending(audience: string): PendingRequests | undefined {
    return this.#states.get(audience)?.pending;
  }

  /** These requests are applied. */
  applied(audience: string, tokens: Iterable<string>): void {
    const state = this.#states.get(audience);
    if (state === undefined) return;
    for (const token of tokens) state.pending.removeToken(token);
    this.#forget(audience, state);
  }

  /** Not while a call runs or waits: the next one is to know what it will leave. */
  #forget(audience: string, state: AudienceState): void {
    if (state.ended === undefined && state.pending.isEmpty) this.#states.delete(audience);
  }
}
