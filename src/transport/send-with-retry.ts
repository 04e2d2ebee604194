import { publishThrottle } from "../diagnostics.ts";
import type { RetryPolicy } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { type Answer, leavesDoubt } from "./answer.ts";
import type { InFlight } from "./in-flight.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { decideRetry } from "./retry-decision.ts";

/** What happens while a request is sent. */
export type TransportEvent =
  /** An attempt starts, unless the listener throws: then the exchange is aborted. */
  | { kind: "attempt" }
  | { kind: "retry"; waitMs: number }
  /** All requests of the client wait. */
  | { kind: "throttled"; waitMs: number };

export interface SendOptions {
  /** Ends waiting for a place, a turn or a repeat. An attempt in flight goes on. */
  halt?: AbortSignal | undefined;
  /** Also ends an attempt in flight. */
  cut?: AbortSignal | undefined;
  /** Repeats after a fault that may pass. Default: those of the policy. */
  retries?: number | undefined;
  onEvent?: ((event: TransportEvent) => void) | undefined;
}

/** How an exchange ended: a request and its repeats. */
export type Exchange = {
  /** How often the request was sent. */
  attempts: number;
  /** Whether the API may have carried out an attempt without this client knowing. */
  inDoubt: boolean;
} & (
  | { kind: "answered"; answer: Answer }
  /** By a signal, with its reason. */
  | { kind: "aborted"; reason: unknown }
);

/** What the requests of a client share. */
export interface SharedState {
  policy: RetryPolicy;
  limiter: RateLimiter;
  inFlight: InFlight;
  runtime: Runtime;
}

/** Sends until an answer is final or everything is used up. Never rejects. */
export async function sendWithRetry(
  attempt: (cut: AbortSignal | undefined, number: number) => Promise<Answer>,
  { policy, limiter, inFlight, runtime }: SharedState,
  { halt, cut, retries: maxRetries = policy.retries, onEvent }: SendOptions,
): Promise<Exchange> {
  let [attempts, retries, inDoubt] = [0, 0, false];
  /** Cooldowns before this time do not count. */
  let throttledBefore = limiter.throttledMs;
  /** When the first came of the 429 that nothing else has followed. */
  let throttledSince: number | undefined;

  async function nextAnswer(): Promise<Answer> {
    await inFlight.enter(halt);
    try {
      await limiter.turn(halt);
      onEvent?.({ kind: "attempt" });
      attempts++;
      inDoubt = true;
      return await attempt(cut, attempts);
    } finally {
      inFlight.leave();
    }
  }

  try {
    for (;;) {
      const wasInDoubt: boolean = inDoubt;
      const answer = await nextAnswer();
      inDoubt = wasInDoubt || leavesDoubt(answer);
      const isThrottled = answer.kind === "response" && answer.status === 429;
      if (!isThrottled) throttledBefore = limiter.throttledMs;
      throttledSince = isThrottled ? (throttledSince ?? runtime.now()) : undefined;
      // Also by the clock: cooldowns of 0 ms would never add up.
      const sinceFirst = runtime.now() - (throttledSince ?? runtime.now());
      const soFar = { retries, throttledMs: Math.max(limiter.throttledMs - throttledBefore, sinceFirst) };
      const decision = decideRetry(answer, soFar, { ...policy, retries: maxRetries }, runtime.random);
      if (decision.kind !== "final" && decision.cooldownMs !== undefined) {
        await limiter.pause(decision.cooldownMs, halt);
        publishThrottle(decision.cooldownMs);
        onEvent?.({ kind: "throttled", waitMs: decision.cooldownMs });
      }
      if (decision.kind !== "repeat") return { kind: "answered", answer, attempts, inDoubt };
      if (!decision.usesRetry) continue;
      retries++;
      onEvent?.({ kind: "retry", waitMs: decision.backoffMs });
      await runtime.sleep(decision.backoffMs, halt);
    }
  } catch (reason) {
    return { kind: "aborted", reason, attempts, inDoubt };
  }
}
