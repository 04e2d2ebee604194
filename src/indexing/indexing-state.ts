import type { Answer } from "../transport/answer.ts";

/** How indexing ended. REPLACED: the whole audience was replaced since then, which is no failure. */
export type AppliedState = "APPLIED" | "REPLACED";

/** In place of a token: asks for the audience as a whole. */
export const WHOLE_AUDIENCE = Symbol("the audience as a whole");
/** What `view` is asked for: an indexing token, or the audience as a whole. */
export type Target = string | typeof WHOLE_AUDIENCE;

/** What an answer of `view` says of its target. */
export type IndexingState =
  | AppliedState
  /** Not applied yet. */
  | "open"
  /** No answer, or a fault that may pass. */
  | "unanswered"
  /** The API does not know the token. */
  | "unknown"
  /** A success other than 200, which says nothing of the target. */
  | "unreadable"
  /** The API refuses the question. */
  | "refused";

export function indexingState(answer: Answer, target: Target): IndexingState {
  if (answer.kind !== "response") return "unanswered";
  const { status, body } = answer;
  if (status === 408 || status >= 500) return "unanswered";
  if (status === 404) return target === WHOLE_AUDIENCE ? "APPLIED" : "unknown";
  if (status !== 200) return status < 300 ? "unreadable" : "refused";
  const state = stateIn(body);
  if (state === "APPLIED" || state === "REPLACED") return state;
  // The document promises no state for the audience as a whole. Without one, there is nothing to wait for.
  return target === WHOLE_AUDIENCE && state === undefined ? "APPLIED" : "open";
}

/** The `indexing_state` of an audience as the API returns it. */
export function stateIn(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("indexing_state" in body)) return undefined;
  return typeof body.indexing_state === "string" ? body.indexing_state : undefined;
}
