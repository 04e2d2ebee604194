import { PendingRequests } from "../indexing/pending-requests.ts";
import { SketchMemory } from "../indexing/sketch-memory.ts";
import { untilAborted } from "../runtime.ts";
import type { UndeliveredActions } from "./undelivered.ts";
import { InvalidActionError, UpdateError } from "./update-error.ts";

/** A call for an audience, from the moment it is made until it has ended. */
export interface Turn {
  /** What the audience's calls have left pending. */
  readonly pending: PendingRequests;
  /** `undelivered` of the calls that failed while this one was waiting. */
  readonly failedBefore: readonly UndeliveredActions[];
  /** How many calls are waiting behind this one. */
  readonly callsBehind: number;
}

interface Call {
  failedBefore: UndeliveredActions[];
}

interface AudienceState {
  pending: PendingRequests;
  /** The calls that run or wait, in the order in which they were made. */
  calls: Call[];
  /** Resolves when all calls have ended. */
  ended: Promise<unknown>;
}

/** Runs the updates of an audience one after the other. Holds what they leave pending. */
export class AudienceTurns {
  readonly #states = new Map<string, AudienceState>();
  readonly #memory = new SketchMemory();

  /** Runs after all earlier calls for the audience, even if they failed. */
  run<T>(audience: string, signal: AbortSignal | undefined, work: (turn: Turn) => Promise<T>): Promise<T> {
    const state = this.#state(audience);
    const call: Call = { failedBefore: [] };
    state.calls.push(call);
    const before = state.ended;
    const run = () => this.#run(audience, state, call, work);
    // Once aborted it need not wait: it starts nothing.
    const mine = untilAborted(before, signal).then(run, run);
    // Without their results: each would hold the reports of all calls before it in memory.
    state.ended = Promise.allSettled([before, mine]).then(() => {});
    return mine;
  }

  /** These requests are applied. */
  applied(audience: string, tokens: Iterable<string>): void {
    const pending = this.#states.get(audience)?.pending;
    for (const token of tokens) pending?.removeToken(token);
    this.#forget(audience);
  }

  #state(audience: string): AudienceState {
    const state = this.#states.get(audience) ?? {
      pending: new PendingRequests(this.#memory),
      calls: [],
      ended: Promise.resolve(),
    };
    this.#states.set(audience, state);
    return state;
  }

  async #run<T>(
    audience: string,
    { pending, calls }: AudienceState,
    call: Call,
    work: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    const callsBehind = (): Call[] => calls.slice(calls.indexOf(call) + 1);
    const { failedBefore } = call;
    try {
      return await work({
        pending,
        failedBefore,
        get callsBehind() {
          return callsBehind().length;
        },
      });
    } catch (error) {
      const isUnfinished = error instanceof UpdateError || error instanceof InvalidActionError;
      if (isUnfinished && error.undelivered.length > 0) {
        for (const behind of callsBehind()) behind.failedBefore.push(error.undelivered);
      }
      throw error;
    } finally {
      calls.splice(calls.indexOf(call), 1);
      this.#forget(audience);
    }
  }

  /** Not while a call runs or waits: the next call must know what it leaves pending. */
  #forget(audience: string): void {
    const state = this.#states.get(audience);
    if (state?.calls.length === 0 && state.pending.isEmpty) this.#states.delete(audience);
  }
}
