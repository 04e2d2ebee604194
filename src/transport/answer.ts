import { connectionFault } from "./connection-fault.ts";

/** What came back for one attempt. */
export type Answer =
  | ApiResponse
  /** The connection failed, or a success has a body that breaks off or is not JSON. */
  | { kind: "lost"; cause: unknown }
  | { kind: "timeout" };

export interface ApiResponse {
  kind: "response";
  status: number;
  /** The parsed JSON, or `undefined` if there is none. */
  body: unknown;
  /** Whether there is a `Retry-After`. `retryAfterMs` is missing if it cannot be read. */
  asksToWait: boolean;
  retryAfterMs?: number | undefined;
}

export type ResponseHead = Pick<ApiResponse, "status" | "asksToWait" | "retryAfterMs">;

/** Status and `Retry-After` of an answer. The server's `Date` counts, since the local clock may be wrong. */
export function responseHead({ status, headers }: Response, localDate: number): ResponseHead {
  const retryAfter = headers.get("Retry-After");
  const date = Date.parse(headers.get("Date") ?? "");
  const retryAfterMs = readRetryAfter(retryAfter, Number.isNaN(date) ? localDate : date);
  return { status, asksToWait: retryAfter !== null, retryAfterMs };
}

/** Whether a repeat may get another answer. */
export function mayPass(answer: Answer): boolean {
  if (answer.kind === "lost") return [undefined, "unreachable"].includes(connectionFault(answer.cause));
  return answer.kind === "timeout" || answer.status === 408 || answer.status >= 500;
}

/** Whether the API may have carried the request out without this client knowing. A 429 comes before the work. */
export function leavesDoubt(answer: Answer): boolean {
  if (answer.kind === "lost") return [undefined, "no response"].includes(connectionFault(answer.cause));
  return mayPass(answer);
}

/**
 * `Retry-After`, which is seconds or a date, in milliseconds. `undefined` for anything else, such as a negative number or a
 * date in the past.
 */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // `Date.parse` alone would read "-5" as a date.
  if (!/^[A-Za-z]{3,9}, /.test(text)) return undefined;
  const ms = Date.parse(text) - now;
  return ms > 0 ? ms : undefined;
}
