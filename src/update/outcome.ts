import { ApiError } from "../errors.ts";
import type { SendResult } from "../transport/transport.ts";

/** In characters, like the limit of an `errorMessage`. */
const MAX_REASON = 500;

/** What became of a chunk that was sent, or was to be. */
export type Outcome =
  | {
      kind: "accepted";
      token: string | undefined;
      attempts: number;
      /** Records that the answer refuses, by their place in the chunk. */
      refused: Map<number, ApiError>;
      /** Names of unexpected fields of the answer, with commas. */
      unexpected: string;
    }
  /** Too large, or refused with other records that may be the reason: its halves are tried. */
  | { kind: "split"; tooLarge: boolean }
  /** A single record that the API refuses. */
  | { kind: "refused alone"; error: ApiError }
  | { kind: "failed"; error: unknown }
  /** The run ended before it was sent. */
  | { kind: "unsent"; error: unknown };

/** Decides on a chunk of so many ids. With `isolate`, a 400 or 422 is about single records. */
export function outcomeOf(result: SendResult, ids: number, isolate: boolean): Outcome {
  if (result.kind === "aborted") {
    // After a 429 nothing was carried out: stopped in the cooldown, the chunk is as if it had never been sent.
    return { kind: result.inDoubt ? "failed" : "unsent", error: result.reason };
  }
  const { answer, attempts } = result;
  if (answer.kind !== "response") return { kind: "failed", error: result.toError() };
  const { status, body } = answer;
  const token = tokenIn(body);
  if (status === 202 || (status >= 200 && status < 300 && token !== undefined)) {
    const { refused, unexpected } = readErrors(body, ids);
    const errors = [...refused].map(
      // Cut only once the key is out: a half of it is still a part of the key.
      ([place, reason]) =>
        [place, refusedIn202(result.redact(reason).slice(0, MAX_REASON), attempts)] as const,
    );
    const names = result.redact(unexpected.join(", "));
    return { kind: "accepted", token, attempts, refused: new Map(errors), unexpected: names };
  }
  const isAboutBody = status === 413 || (isolate && (status === 400 || status === 422));
  if (isAboutBody && ids > 1) return { kind: "split", tooLarge: status === 413 };
  const error = result.toError();
  return isAboutBody && isolate && error instanceof ApiError
    ? { kind: "refused alone", error }
    : { kind: "failed", error };
}

/** Whether the API may have carried out the chunk without this client knowing. */
export function leavesChunkInDoubt(result: SendResult): boolean {
  if (result.inDoubt || result.kind === "aborted") return result.inDoubt;
  const { answer } = result;
  if (answer.kind !== "response") return false;
  // A success without a token leaves a doubt: there is nothing to poll.
  return answer.status < 300 && tokenIn(answer.body) === undefined;
}

function refusedIn202(reason: string, attempts: number): ApiError {
  const message = `Batch accepted a request, but refused one of its records: ${reason}`;
  return new ApiError(message, { status: 202, errorMessage: reason, attempts });
}

/** The indexing token of an answer. */
export function tokenIn(body: unknown): string | undefined {
  const token = fieldsOf(body).indexing_token;
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** The vendor's sibling routes name refused records in a 202: `{ code, errors: [{ bulk_index, reason }] }`. */
function readErrors(body: unknown, ids: number): { refused: Map<number, string>; unexpected: string[] } {
  const { indexing_token: _, ...fields } = fieldsOf(body);
  const errors = Array.isArray(fields.errors) ? fields.errors.map(fieldsOf) : [];
  const refused = new Map<number, string>();
  for (const { bulk_index: place, reason } of errors) {
    const isText = typeof reason === "string" || typeof reason === "number";
    if (isPlace(place, ids)) refused.set(place, isText ? String(reason) : "no reason given");
  }
  const isUnderstood = refused.size > 0 && errors.every(({ bulk_index }) => isPlace(bulk_index, ids));
  const knownFields = isUnderstood ? ["errors", "code"] : [];
  return { refused, unexpected: Object.keys(fields).filter((name) => !knownFields.includes(name)) };
}

function isPlace(value: unknown, ids: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < ids;
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}
