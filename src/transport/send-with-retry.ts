import type { Config } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { explain } from "./error-from-answer.ts";
import type { Api } from "./http.ts";
import type { Pacer } from "./rate-limiter.ts";
import {
  type Answer,
  type ApiResponse,
  backoffMs,
  retryAfterMs,
  throttleMs,
  type Verdict,
  verdict,
} from "./retry-decision.ts";

/** What all of a client's requests share. */
export interface Line {
  config: Config;
  runtime: Runtime;
  pacer: Pacer;
  api: Api;
}

export interface ExchangeOptions {
  /** Ends waiting, for a turn or between two attempts. What is on its way is left to come to its end. */
  halt?: AbortSignal | undefined;
  onAttempt?(): void;
  /** After an answer that does not tell whether the request was carried out. */
  onDoubt?(): void;
  onRetry?(): void;
  onThrottle?(): void;
}

/** Sends until there is a final answer. Rejects with the error that the last answer is, or with the reason of a signal. */
export async function exchange(
  route: string,
  attempt: () => Promise<Answer>,
  line: Line,
  { halt, onAttempt, onDoubt, onRetry, onThrottle }: ExchangeOptions,
): Promise<{ response: ApiResponse; attempts: number }> {
  const { config, runtime, pacer } = line;
  let retries = 0;
  for (let attempts = 1; ; attempts++) {
    const answer = await pacer.run(halt, () => {
      onAttempt?.();
      return attempt();
    });
    const decision = heed(answer, line);
    if (decision === "final") return { response: answer as ApiResponse, attempts };
    // A 503 with Retry-After is put off like a 429, but may come after the work was done.
    if (answer.kind !== "response" || answer.status !== 429) onDoubt?.();
    const isOver = decision === "retry" ? retries >= config.retry.retries : decision === "over";
    if (isOver) throw errorOf(answer, route, attempts, line);
    if (decision === "retry") {
      onRetry?.();
      await runtime.sleep(backoffMs(retries, config.retry, runtime.random), halt);
      retries++;
    } else onThrottle?.();
  }
}

/** The verdict on an answer, after telling the pacer; "over" once the API has put off for `maxThrottledMs`. */
export function heed(answer: Answer, { config, runtime, pacer }: Line): Verdict | "over" {
  const decision = verdict(answer);
  if (answer.kind !== "response") return decision;
  if (decision !== "throttle") {
    pacer.answered();
    return decision;
  }
  const asked = retryAfterMs(answer.retryAfter, runtime.date());
  return pacer.close(throttleMs(asked, config.retry)) ? decision : "over";
}

export function errorOf(answer: Answer, route: string, attempts: number, { config, runtime }: Line) {
  const { timeoutMs, restKey: secret } = config;
  return explain(answer, { route, attempts, timeoutMs, date: runtime.date(), secret });
}
