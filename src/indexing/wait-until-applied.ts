import { NotAppliedError } from "../errors.ts";
import { onAbort } from "../runtime.ts";
import type { Answer } from "../transport/retry-decision.ts";
import { errorOf, heed, type Line } from "../transport/send-with-retry.ts";

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
  /** Goes on where the API can tell nothing, of a token that is unknown and not new any more, rather than to fail. */
  forgive?: boolean;
  onRequest?(): void;
  onPoll?: ((poll: Poll) => void) | undefined;
}

export const DEFAULT_WAIT_MS = 900_000;

/** Tokens have been seen to be unknown at first. */
export const NEW_FOR_MS = 30_000;
/** Between two looks while nothing moves: from one request interval to this many, so that others have the rate. */
const LONGEST_PAUSE_INTERVALS = 30;
const PAUSE_GROWTH = 1.5;
/** Bounds of these pauses for a client without a rate limit. */
const UNLIMITED_PAUSE_MS = { shortest: 10, longest: 100 };
const ROUTE = "GET /audiences/view";

/**
 * Asks for one token after the other until all are applied; `undefined` asks for the audience as a whole. What is done is
 * asked for once. What is not waits its turn again, after a pause that grows for as long as nothing moves. A fault that passes
 * only costs another look.
 */
export async function poll(
  audience: string,
  tokens: Iterable<string | undefined>,
  line: Line,
  options: PollOptions,
): Promise<Map<string, AppliedState>> {
  const { runtime, pacer, api } = line;
  const {
    signal,
    timeoutMs,
    newUntil = runtime.now() + NEW_FOR_MS,
    forgive = false,
    onRequest,
    onPoll,
  } = options;
  const states = new Map<string, AppliedState>();
  const asked = [...new Set(tokens)];
  const queue = [...asked];
  const shortestPause = Math.max(UNLIMITED_PAUSE_MS.shortest, pacer.intervalMs);
  const longestPause = Math.max(UNLIMITED_PAUSE_MS.longest, pacer.intervalMs * LONGEST_PAUSE_INTERVALS);
  let pause = shortestPause;

  const end = new AbortController();
  signal?.throwIfAborted();
  const forget = signal && onAbort(signal, () => end.abort(signal.reason));
  let late = false;
  if (timeoutMs !== Number.POSITIVE_INFINITY) {
    const expire = (): void => {
      late = true;
      end.abort();
    };
    runtime.sleep(timeoutMs, end.signal).then(expire, () => {});
  }

  try {
    while (queue.length > 0) {
      const token = queue.shift();
      const answer = await pacer.run(end.signal, () => {
        onRequest?.();
        return api.view(audience, token, end.signal);
      });
      const decision = heed(answer, line);
      let progress = decision === "final" ? progressOf(answer, token) : "open";
      if (progress === "unknown" && runtime.now() < newUntil) progress = "open";
      if ((progress === "unknown" || progress === "untold") && forgive) {
        progress = "APPLIED";
        // The token can tell nothing; the audience as a whole may.
        if (token !== undefined && !queue.includes(undefined)) queue.push(undefined);
      }
      if (progress === "error" || progress === "unknown" || progress === "untold" || decision === "over") {
        throw errorOf(answer, ROUTE, 1, line);
      }
      if (progress === "open") queue.push(token);
      else if (token !== undefined) states.set(token, progress);
      onPoll?.(pollOf(token, answer, queue.length));

      if (progress !== "open") pause = shortestPause;
      else if (decision !== "throttle") {
        await runtime.sleep(pause, end.signal);
        pause = Math.min(pause * PAUSE_GROWTH, longestPause);
      }
    }
    return states;
  } catch (error) {
    if (!late) throw error;
    const open = asked.filter((token) => token !== undefined && !states.has(token)) as string[];
    const what =
      open.length > 0 ? `${open.length} of the indexing tokens` : "A request whose answer was lost";
    throw new NotAppliedError(
      `${what} of the audience ${audience} may not be applied yet, ${timeoutMs} ms on. Nothing has failed: wait again.`,
      open,
    );
  } finally {
    end.abort();
    forget?.();
  }
}

/** `unknown`: the API does not know the token. `untold`: a success that is not the documented 200 says nothing of it. */
type Progress = AppliedState | "open" | "unknown" | "untold" | "error";

function progressOf(answer: Answer, token: string | undefined): Progress {
  if (answer.kind !== "response") return "open";
  const { status, body } = answer;
  if (status !== 200 && status !== 404) return status < 300 ? "untold" : "error";
  const state = stateOf(body);
  if (token === undefined) {
    // The document promises no state of the audience as a whole: only a plain "in progress" is worth waiting for.
    return state === "IN_PROGRESS" || state === "IN_PROCESS" ? "open" : "APPLIED";
  }
  if (status === 404) return "unknown";
  return state === "APPLIED" || state === "REPLACED" ? state : "open";
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
