import { NotAppliedError } from "../errors.ts";
import { type Runtime, untilAborted } from "../runtime.ts";
import { viewRequest } from "../transport/requests.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { SendResult, Transport } from "../transport/transport.ts";
import {
  type AppliedState,
  type IndexingState,
  indexingState,
  stateIn,
  type Target,
  WHOLE_AUDIENCE,
} from "./indexing-state.ts";
import { StallLimit } from "./stall-limit.ts";

export interface Poll {
  /** Missing when the audience as a whole was asked for. */
  indexingToken?: string;
  /** As the API gave it; missing if it gave none. */
  state?: string;
  /** How many tokens are not applied yet. */
  open: number;
}

export interface WaitSettings {
  signal?: AbortSignal | undefined;
  /** How long nothing may change before the wait ends, in milliseconds. Waiting for other requests' turns does not count. */
  limitMs: number;
  /** How long to wait for the audience as a whole, which another program may keep busy, in milliseconds. */
  audienceLimitMs: number;
  /** Until this time of the runtime's clock, a token may be unknown because it is new. */
  newUntil: number;
  /** What to do with a token of which the API says nothing: it is unknown and not new, or the answer is unreadable. */
  onUnknownToken: "fail" | "askAudience";
  onEvent?: ((event: TransportEvent) => void) | undefined;
  onPoll?: ((poll: Poll) => unknown) | undefined;
  onApplied?: ((token: string, state: AppliedState) => void) | undefined;
  /** A token can tell nothing: the audience as a whole has to be asked for in its place. */
  onAudienceNeeded?: (() => void) | undefined;
  /** The audience as a whole was not applied within its limit. */
  onAudienceBusy?: (() => void) | undefined;
}

export const DEFAULT_LIMIT_MS = 900_000;
/** Tokens have been seen to be unknown at first. */
export const NEW_FOR_MS = 30_000;
/**
 * While nothing changes, the pause between two polls grows from one request interval to this many. So others can use the
 * rate.
 */
const MAX_PAUSE_INTERVALS = 30;
const PAUSE_GROWTH = 1.5;
/** Bounds of these pauses for a client without a rate limit. */
const UNLIMITED_PAUSE_MS = { min: 10, max: 100 };

/**
 * Polls one target after the other until all are applied. A target that is not applied goes to the end of the queue.
 * After it comes a pause, which grows while nothing changes.
 */
export async function waitUntilApplied(
  audience: string,
  targets: Iterable<Target>,
  transport: Transport,
  runtime: Runtime,
  settings: WaitSettings,
): Promise<Map<string, AppliedState>> {
  settings.signal?.throwIfAborted();
  const wait = new Wait(audience, targets, transport, runtime, settings);
  try {
    while (wait.next !== undefined) await wait.poll(wait.next);
    return wait.applied;
  } catch (error) {
    throw wait.errorFrom(error);
  } finally {
    wait.close();
  }
}

class Wait {
  readonly applied = new Map<string, AppliedState>();
  readonly #audience: string;
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  readonly #settings: WaitSettings;
  readonly #limit: StallLimit;
  /** Targets that are not applied yet, in the order of polling. */
  readonly #queue: Set<Target>;
  /** The last state that the API gave for each token that is not applied yet. */
  readonly #states = new Map<string, string>();
  /** The last fault of a poll. */
  #fault: unknown;
  /** Total of the pauses while the audience as a whole was in the queue. Requests and cooldowns do not count. */
  #audiencePausedMs = 0;
  readonly #minPauseMs: number;
  #pauseMs: number;

  constructor(
    audience: string,
    targets: Iterable<Target>,
    transport: Transport,
    runtime: Runtime,
    settings: WaitSettings,
  ) {
    this.#audience = audience;
    this.#transport = transport;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#limit = new StallLimit(settings.limitMs, runtime, settings.signal);
    this.#queue = new Set(targets);
    this.#minPauseMs = Math.max(UNLIMITED_PAUSE_MS.min, transport.limiter.intervalMs);
    this.#pauseMs = this.#minPauseMs;
  }

  get next(): Target | undefined {
    for (const target of this.#queue) return target;
    return undefined;
  }

  async poll(target: Target): Promise<void> {
    const result = await this.#ask(target);
    if (result.kind === "aborted") throw result.reason;
    this.#queue.delete(target);
    const answer = result.answer;
    const state = this.#judge(indexingState(answer, target), target);
    if (state === "refused") throw result.toError();
    if (state === "unanswered") this.#fault = result.toError();
    const isApplied = state === "APPLIED" || state === "REPLACED";
    if (!isApplied) this.#queue.add(target);
    else if (target !== WHOLE_AUDIENCE) {
      this.applied.set(target, state);
      this.#settings.onApplied?.(target, state);
    }
    const said = answer.kind === "response" ? stateIn(answer.body) : undefined;
    await this.#report(target, said && result.redact(said));
    if (isApplied) this.#noteChange();
    else await this.#pause();
  }

  close(): void {
    this.#limit.close();
  }

  errorFrom(error: unknown): unknown {
    if (!this.#limit.isReached) return error;
    const tokens = [...this.#queue].filter((target) => target !== WHOLE_AUDIENCE);
    const counts = new Map<string, number>();
    for (const state of this.#states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const states = [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
    const name = this.#audience;
    const what =
      tokens.length > 0
        ? `Indexing tokens of the audience ${name} that may not be applied yet: ${tokens.length}${states && ` (${states})`}.`
        : `A request to the audience ${name}, whose answer was lost, may not be applied yet.`;
    const fault = this.#fault instanceof Error ? ` The last poll failed: ${this.#fault.message}` : "";
    return new NotAppliedError(
      `${what} Nothing has changed for ${this.#settings.limitMs} ms. What was accepted is not lost: wait again.${fault}`,
      tokens,
      Object.fromEntries(this.#states),
      this.#fault === undefined ? undefined : { cause: this.#fault },
    );
  }

  /** Time counts from the start of an attempt. Before that, it waits for the rate. */
  async #ask(target: Target): Promise<SendResult> {
    const { signal } = this.#limit;
    this.#limit.stop();
    const token = target === WHOLE_AUDIENCE ? undefined : target;
    // No retries: the next poll repeats it.
    const result = await this.#transport.send(viewRequest(this.#audience, token), {
      halt: signal,
      cut: signal,
      retries: 0,
      onEvent: (event) => {
        this.#limit.start();
        this.#settings.onEvent?.(event);
      },
    });
    this.#limit.start();
    return result;
  }

  /** Decides what a state means for this wait. */
  #judge(state: IndexingState, target: Target): AppliedState | "open" | "unanswered" | "refused" {
    const { newUntil, onUnknownToken, audienceLimitMs, onAudienceBusy } = this.#settings;
    if (state === "unknown" && this.#runtime.now() < newUntil) return "open";
    if (state === "unknown" || state === "unreadable") {
      if (onUnknownToken === "fail") return "refused";
      // The token says nothing. The audience as a whole may.
      if (target !== WHOLE_AUDIENCE) {
        this.#queue.add(WHOLE_AUDIENCE);
        this.#settings.onAudienceNeeded?.();
      }
      return "APPLIED";
    }
    const isBusy = state === "open" && target === WHOLE_AUDIENCE;
    if (isBusy && this.#audiencePausedMs >= audienceLimitMs) {
      onAudienceBusy?.();
      return "APPLIED";
    }
    return state;
  }

  async #report(target: Target, state: string | undefined): Promise<void> {
    const isToken = target !== WHOLE_AUDIENCE;
    if (isToken) this.#states.delete(target);
    if (isToken && state !== undefined && this.#queue.has(target)) this.#states.set(target, state);
    const called = this.#settings.onPoll?.({
      ...(isToken ? { indexingToken: target } : {}),
      ...(state === undefined ? {} : { state }),
      open: this.#queue.size,
    });
    // A callback that never ends must not stop the wait from ending.
    if (called !== undefined) await untilAborted(Promise.resolve(called), this.#limit.signal);
  }

  #noteChange(): void {
    this.#limit.reset();
    this.#fault = undefined;
    this.#pauseMs = this.#minPauseMs;
  }

  async #pause(): Promise<void> {
    const pauseMs = this.#pauseMs;
    const maxMs = Math.max(UNLIMITED_PAUSE_MS.max, this.#transport.limiter.intervalMs * MAX_PAUSE_INTERVALS);
    this.#pauseMs = Math.min(pauseMs * PAUSE_GROWTH, maxMs);
    if (this.#queue.has(WHOLE_AUDIENCE)) this.#audiencePausedMs += pauseMs;
    await this.#runtime.sleep(pauseMs, this.#limit.signal);
  }
}
