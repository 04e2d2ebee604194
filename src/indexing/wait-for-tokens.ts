import { assertOption, assertOptionNames, isMilliseconds, isSignal } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { Transport } from "../transport/transport.ts";
import type { AppliedState } from "./indexing-state.ts";
import { DEFAULT_LIMIT_MS, NEW_FOR_MS, type Poll, waitUntilApplied } from "./wait-until-applied.ts";

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  /**
   * How long nothing may change, in milliseconds. Counts from zero again with each request that is applied. Time in
   * which other requests use the rate does not count. Default 900,000: the API promises no time.
   */
  timeoutMs?: number | undefined;
  /** Called after each answer. A promise is awaited before the next poll. */
  onPoll?: ((poll: Poll) => unknown) | undefined;
}

/** Checks the arguments, and waits until each of these requests is applied. */
export async function waitForTokens(
  audience: string,
  indexingTokens: Iterable<string>,
  options: WaitOptions,
  transport: Transport,
  runtime: Runtime,
): Promise<Map<string, AppliedState>> {
  assertOptionNames("options", options, ["signal", "timeoutMs", "onPoll"]);
  const { signal, timeoutMs = DEFAULT_LIMIT_MS, onPoll } = options;
  assertOption("signal", isSignal(signal), "an AbortSignal", signal);
  assertOption("timeoutMs", isMilliseconds(timeoutMs), "milliseconds from 0, or Infinity", timeoutMs);
  assertOption("onPoll", onPoll === undefined || typeof onPoll === "function", "a function", onPoll);
  return waitUntilApplied(audience, checkTokens(indexingTokens), transport, runtime, {
    signal,
    limitMs: timeoutMs,
    audienceLimitMs: 0,
    newUntil: runtime.now() + NEW_FOR_MS,
    onUnknownToken: "fail",
    // Read, and not only listened to: in a process that was suspended, the timer that aborts it may be overdue.
    onEvent: () => signal?.throwIfAborted(),
    onPoll,
  });
}

function checkTokens(tokens: Iterable<string>): string[] {
  const isList = typeof tokens === "object" && tokens !== null && Symbol.iterator in tokens;
  assertOption("indexingTokens", isList, "a list of tokens", tokens);
  const list = [...tokens];
  const isToken = (token: unknown) => typeof token === "string" && token !== "";
  const wrong = list.find((token) => !isToken(token));
  assertOption("indexingTokens", list.every(isToken), "a list of non-empty strings", wrong);
  return list;
}
