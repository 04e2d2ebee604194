import { type AppliedState, NotAppliedError } from "../../index.ts";
import { type Arguments, positive } from "../arguments.ts";
import { Interruption } from "../cli-errors.ts";
import type { Connection } from "../connection.ts";
import { WaitEstimate } from "../output/progress-estimate.ts";
import { appliedTable, json } from "../output/result-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";

const TOKENS_SHOWN = 3;

/** Waits until accepted requests are applied. */
export async function waitCommand(
  { audience, tokens, flags }: Extract<Arguments, { command: "wait" }>,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const timeout = positive("timeout", flags.timeout);
  const states = await waitUntilApplied(audience, tokens, timeout, connection, terminal, world);
  await print(world, flags.json ? json(states) : appliedTable(audience, states));
  return 0;
}

/** Throws `NotAppliedError` when the time is up, and prints how to wait on. */
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
  } catch (error) {
    const left = error instanceof NotAppliedError ? error.tokens : tokens;
    if (error instanceof NotAppliedError || error instanceof Interruption) {
      const more = left.length > TOKENS_SHOWN ? " …, the other tokens are in the result of --json" : "";
      terminal.note(
        `To wait on: batch-audiences wait ${audience} ${left.slice(0, TOKENS_SHOWN).join(" ")}${more}`,
      );
    }
    throw error;
  } finally {
    terminal.stop();
  }
}
