import type { RetryPolicy } from "../options.ts";

/** What came back for one attempt. */
export type Answer =
  /** `body` is the parsed JSON, or `undefined` where there is none. */
  | { kind: "response"; status: number; body: unknown; retryAfter: string | null }
  /** The connection failed, or the answer of a success broke off or is not JSON. */
  | { kind: "lost"; cause: unknown }
  | { kind: "timeout" };

export type ApiResponse = Extract<Answer, { kind: "response" }>;

/**
 * - `final`: the answer stands.
 * - `retry`: a passing fault, or nobody knows. A repeat does no harm, since adding and removing by id are idempotent and
 *   no other request with one of these ids is on its way.
 * - `throttle`: not refused, only put off.
 */
export type Verdict = "final" | "retry" | "throttle";

export function verdict(answer: Answer): Verdict {
  if (answer.kind !== "response") return "retry";
  const { status, retryAfter } = answer;
  if (status === 429 || (status === 503 && retryAfter !== null)) return "throttle";
  return status === 408 || status >= 500 ? "retry" : "final";
}

/** Full jitter: anything up to a ceiling that doubles from `minDelayMs` to `maxDelayMs`. */
export function backoffMs(
  retry: number,
  { minDelayMs, maxDelayMs }: RetryPolicy,
  random: () => number,
): number {
  return random() * Math.min(maxDelayMs, minDelayMs * 2 ** retry);
}

/** How long the gate stays closed after an answer that puts off. */
export function throttleMs(asked: number | undefined, { throttleDelayMs }: RetryPolicy): number {
  return Math.max(throttleDelayMs, asked ?? 0);
}

/**
 * `Retry-After` in milliseconds: seconds or a date. `undefined` for anything else, a negative number or a date gone by
 * included: they ask for nothing.
 */
export function retryAfterMs(header: string | null, date: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse alone takes "-5" for a date.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const ms = Date.parse(text) - date;
  return ms > 0 ? ms : undefined;
}
