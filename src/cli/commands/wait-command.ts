import { type AppliedState, NotAppliedError } from "../../index.ts";
import { positive } from "../argument-values.ts";
import type { WaitArguments } from "../arguments.ts";
import { Interruption } from "../cli-errors.ts";
import type { Connection } from "../connection.ts";
import { WaitEstimate } from "../output/progress-estimate.ts";
import { appliedTable, json } from "../output/result-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";

/** Waits until accepted requests are applied. */
export async function waitCommand(
  { audience, tokens, flags }: WaitArguments,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const timeout = positive("timeout", flags.timeout);
  try {
    const states = await waitUntilApplied(audience, tokens, timeout, connection, terminal, world);
    await print(world, flags.json ? json(states) : appliedTable(audience, states));
    return 0;
  } catch (error) {
    const open = openTokens(error, tokens);
    if (open.length > 0) terminal.note(waitHint(audience, open));
    throw error;
  }
}

/** The tokens that are worth waiting for again. */
export function openTokens(error: unknown, tokens: readonly string[]): readonly string[] {
  if (error instanceof NotAppliedError) return error.tokens;
  return error instanceof Interruption ? tokens : [];
}

export function waitHint(audience: string, tokens: readonly string[]): string {
  return `To wait on: batch-audiences wait ${audience} ${tokens.join(" ")}`;
}

/** Shows how many are applied. Throws `NotAppliedError` when the time is up. */
export async function waitUntilApplied(
  audience: string,
  tokens: readonly string[],
  timeoutSeconds: number | undefined,
  { client }: Connection,
  terminal: Terminal,
  { signal }: World,
): Promise<Record<string, AppliedState>> {
  const estimate = new WaitEstimate(tokens.length, () => performance.now());
  terminal.follow(audience, () => estimate.status);
  try {
    return await client.waitUntilApplied(audience, tokens, {
      signal,
      timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
      onPoll: (poll) => estimate.polled(poll),
    });
  } finally {
    terminal.stop();
  }
}
