import { type Answer, retryAfterMs, throttleMs, verdict } from "./decide.ts";
import { NotAppliedError } from "./errors.ts";
import { errorOf, type Line } from "./exchange.ts";

/** How indexing ended. REPLACED: the audience was replaced as a whole since, which is no failure. */
export type AppliedState = "APPLIED" | "REPLACED";

export interface Poll {
  /** Missing when the audience as a whole was asked for. */
  indexingToken?: string;
  /** As the API gave it; missing where there was no answer or none in it. */
  state?: string;
  /** Tokens that are still open. */
  open: number;
}

export interface PollOptions {
  signal?: AbortSignal | undefined;
  /** In milliseconds. */
  timeoutMs: number;
  /** Until when a token may be unknown because it is new, on the runtime's clock. Default: 30 s from now. */
  newUntil?: number;
  /** Takes a token that is not new and still unknown for applied, rather than for an error. */
  forgive?: boolean;
  onRequest?(): void;
  onPoll?: ((poll: Poll) => void) | undefined;
}

export const DEFAULT_WAIT_MS = 900_000;

/** Tokens have been seen to be unknown at first. */
export const NEW_FOR_MS = 30_000;
const SHORTEST_PAUSE_MS = 10;
const PAUSE_GROWTH = 1.5;
const ROUTE = "GET /audiences/view";

/**
 * Asks for one token after the other until all are applied; `undefined` asks for the audience as a whole. What is done is
 * asked for once. What is not waits its turn again, after a pause that grows from the client's request interval to
 * `maxDelayMs` for as long as nothing moves. Faults that pass only cost another look.
 */
export async function poll(
  audience: string,
  tokens: Iterable<string | undefined>,
  line: Line,
  options: PollOptions,
): Promise<Map<string, AppliedState>> {
  const { config, runtime, pacer, api } = line;
  const {
    signal,
    timeoutMs,
    newUntil = runtime.now() + NEW_FOR_MS,
    forgive = false,
    onRequest,
    onPoll,
  } = options;
  const states = new Map<string, AppliedState>();
  const queue = [...new Set(tokens)];
  const shortestPause = Math.max(SHORTEST_PAUSE_MS, pacer.intervalMs);
  const longestPause = Math.max(shortestPause, config.retry.maxDelayMs);
  let pause = shortestPause;

  const end = new AbortController();
  const abort = (): void => end.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abort);
  let late = false;
  if (timeoutMs !== Number.POSITIVE_INFINITY) {
    const expire = (): void => {
      late = true;
      end.abort();
    };
    runtime.sleep(timeoutMs, end.signal).then(expire, () => {});
  }

  try {
    for (let attempts = 1; queue.length > 0; attempts++) {
      const token = queue[0];
      const answer = await pacer.run(end.signal, () => {
        onRequest?.();
        return api.view(audience, token, end.signal);
      });
      const decision = verdict(answer);
      if (decision !== "throttle" && answer.kind === "response") pacer.answered();
      let progress = decision === "final" ? progressOf(answer, token) : "open";
      if (progress === "unknown") {
        if (runtime.now() < newUntil) progress = "open";
        else if (forgive) progress = "APPLIED";
      }
      if (progress === "error" || progress === "unknown") throw errorOf(answer, ROUTE, attempts, line);
      if (progress === "open") queue.push(queue.shift());
      else {
        queue.shift();
        if (token !== undefined) states.set(token, progress);
      }
      onPoll?.(pollOf(token, answer, queue.length));
      if (decision === "throttle" && answer.kind === "response") {
        const asked = retryAfterMs(answer.retryAfter, runtime.date());
        if (!pacer.close(throttleMs(asked, config.retry))) throw errorOf(answer, ROUTE, attempts, line);
      } else if (progress === "open") {
        await runtime.sleep(pause, end.signal);
        pause = Math.min(pause * PAUSE_GROWTH, longestPause);
      } else pause = shortestPause;
    }
    return states;
  } catch (error) {
    if (!late) throw error;
    const open = queue.filter((token) => token !== undefined);
    const what =
      open.length > 0 ? `${open.length} of the indexing tokens` : "A request whose answer was lost";
    throw new NotAppliedError(
      `${what} of the audience ${audience} may not be applied yet, ${timeoutMs} ms on. Nothing has failed: wait again.`,
      open,
    );
  } finally {
    end.abort();
    signal?.removeEventListener("abort", abort);
  }
}

type Progress = AppliedState | "open" | "unknown" | "error";

function progressOf(answer: Answer, token: string | undefined): Progress {
  if (answer.kind !== "response") return "open";
  const { status, body } = answer;
  if (status === 401 || status === 403) return "error";
  const state = stateOf(body);
  if (token === undefined) {
    // The document promises no state of the audience as a whole: only a plain "in progress" is worth waiting for.
    return state === "IN_PROGRESS" || state === "IN_PROCESS" ? "open" : "APPLIED";
  }
  if (status === 200) return state === "APPLIED" || state === "REPLACED" ? state : "open";
  return status === 404 ? "unknown" : "error";
}

function pollOf(token: string | undefined, answer: Answer, open: number): Poll {
  const state = answer.kind === "response" ? stateOf(answer.body) : undefined;
  return {
    ...(token === undefined ? {} : { indexingToken: token }),
    ...(state === undefined ? {} : { state }),
    open,
  };
}

function stateOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("indexing_state" in body)) return undefined;
  return typeof body.indexing_state === "string" ? body.indexing_state : undefined;
}
