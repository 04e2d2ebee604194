import type { RetryPolicy } from "../options.ts";
import { type Answer, mayPass, type ResponseHead } from "./answer.ts";

/** What to do after an answer. For `cooldownMs`, if there is one, all requests of the client wait. */
export type RetryDecision =
  /** The answer stands. */
  | { kind: "final" }
  /**
   * A fault that may pass, or a 429. A repeat does no harm: add and remove are idempotent, and no other request with
   * these ids is outstanding. A 429 uses up no retry, since nothing was carried out.
   */
  | { kind: "repeat"; backoffMs: number; cooldownMs?: number; usesRetry: boolean }
  /** The retries or the time for cooldowns are used up. */
  | { kind: "give up"; cooldownMs?: number };

/** What an exchange (a request and its repeats) has used up. */
export interface ExchangeSoFar {
  retries: number;
  /** Time spent in cooldowns since its last answer that was not 429, in milliseconds. */
  throttledMs: number;
}

export function decideRetry(
  answer: Answer,
  { retries, throttledMs }: ExchangeSoFar,
  policy: RetryPolicy,
  random: () => number,
): RetryDecision {
  const response = answer.kind === "response" ? answer : undefined;
  if (response?.status === 429) {
    // A `Retry-After` beyond the time that is left is cut to it: one last attempt, then the exchange ends.
    const left = policy.maxThrottledMs - throttledMs;
    const cooldownMs = throttleMs(response, policy);
    // The next request would come as soon as the rate allows it.
    if (left <= 0) return { kind: "give up", cooldownMs };
    return { kind: "repeat", backoffMs: 0, cooldownMs: Math.min(cooldownMs, left), usesRetry: false };
  }
  if (!mayPass(answer)) return { kind: "final" };
  const cooldown =
    response?.status === 503 && response.asksToWait
      ? { cooldownMs: throttleMs(response, policy) }
      : undefined;
  if (retries >= policy.retries) return { kind: "give up", ...cooldown };
  const waitMs = cooldown === undefined ? backoffMs(retries, policy, random) : 0;
  return { kind: "repeat", backoffMs: waitMs, ...cooldown, usesRetry: true };
}

/** Full jitter: a random time up to a limit that doubles from `minDelayMs` to `maxDelayMs`. */
export function backoffMs(
  retries: number,
  { minDelayMs, maxDelayMs }: RetryPolicy,
  random: () => number,
): number {
  return random() * Math.min(maxDelayMs, minDelayMs * 2 ** retries);
}

/** How long all requests wait after an answer that asks for it. An absurd `Retry-After` is cut. */
export function throttleMs(
  { retryAfterMs = 0 }: ResponseHead,
  { throttleDelayMs, maxThrottledMs }: RetryPolicy,
): number {
  return Math.max(throttleDelayMs, Math.min(retryAfterMs, maxThrottledMs));
}
