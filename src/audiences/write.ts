import { DEFAULT_LIMIT_MS } from "../indexing/wait-until-applied.ts";
import { assertAudience, assertOption, assertOptionNames, isSignal } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { SendResult, Transport } from "../transport/transport.ts";
import type { Turn } from "../update/audience-turns.ts";
import { tokenIn } from "../update/outcome.ts";

export interface WriteOptions {
  signal?: AbortSignal | undefined;
}

/** What was accepted. Missing where the API gave no token. */
export interface WriteReceipt {
  indexingToken?: string;
}

/** What a route works with that writes to one audience. */
export interface WriteContext {
  transport: Transport;
  runtime: Runtime;
  turn: Turn;
}

const BUSY_MS = 60_000;

export function checkWrite(audience: unknown, options: WriteOptions, names: readonly string[] = []): void {
  assertAudience(audience);
  assertOptionNames("options", options, [...names, "signal"]);
  assertOption("signal", isSignal(options.signal), "an AbortSignal", options.signal);
}

/** Waits until everything that was sent to the audience before is applied: the API promises no order. */
export async function waitForEarlier(
  audience: string,
  { signal }: WriteOptions,
  { transport, runtime, turn }: WriteContext,
): Promise<void> {
  signal?.throwIfAborted();
  const settings = { signal, limitMs: DEFAULT_LIMIT_MS, audienceLimitMs: BUSY_MS };
  await turn.pending.waitUntilApplied(audience, transport, runtime, settings, "any");
}

/** Notes what a write leaves to be applied. The receipt, if the API has accepted it. */
export function recordWrite(result: SendResult, { runtime, turn }: WriteContext): WriteReceipt | undefined {
  if (result.inDoubt) turn.pending.addDoubt("any", runtime.now());
  if (result.kind === "aborted" || result.answer.kind !== "response") return undefined;
  const { status, body } = result.answer;
  if (status < 200 || status >= 300) return undefined;
  const token = tokenIn(body);
  if (token === undefined) turn.pending.addDoubt("any", runtime.now());
  else turn.pending.addToken(token, "any", runtime.now());
  return token === undefined ? {} : { indexingToken: token };
}

/** Whether the API answered with one of these. */
export function hasStatus(result: SendResult, ...statuses: number[]): boolean {
  if (result.kind === "aborted" || result.answer.kind !== "response") return false;
  return statuses.includes(result.answer.status);
}
