import { type AppliedState, NotAppliedError } from "../index.ts";
import { type Arguments, positive } from "./arguments.ts";
import type { Connection, World } from "./connection.ts";
import { Interruption } from "./errors.ts";
import { WaitProgress } from "./progress.ts";
import { appliedTable, json } from "./result.ts";

const TOKENS_SHOWN = 3;

export async function wait(
  { audience, tokens, flags }: Extract<Arguments, { command: "wait" }>,
  connection: Connection,
  world: World,
): Promise<number> {
  const states = await waitFor(audience, tokens, positive("timeout", flags.timeout), connection, world);
  await world.print(flags.json ? json(states) : appliedTable(audience, states));
  return 0;
}

/** Throws `NotAppliedError` when the time is up, and says how to go on waiting. */
export async function waitFor(
  audience: string,
  tokens: readonly string[],
  timeoutSeconds: number | undefined,
  { client }: Connection,
  { screen, signal }: World,
): Promise<Record<string, AppliedState>> {
  const progress = new WaitProgress(tokens.length, () => performance.now());
  screen.follow(audience, () => progress.status);
  try {
    return await client.waitUntilApplied(audience, tokens, {
      signal,
      timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
      onPoll: (poll) => progress.polled(poll),
    });
  } catch (error) {
    const left = error instanceof NotAppliedError ? error.tokens : tokens;
    if (error instanceof NotAppliedError || error instanceof Interruption) {
      const more = left.length > TOKENS_SHOWN ? " …, the other tokens are in the result of --json" : "";
      screen.note(
        `To wait on: batch-audiences wait ${audience} ${left.slice(0, TOKENS_SHOWN).join(" ")}${more}`,
      );
    }
    throw error;
  } finally {
    screen.stop();
  }
}
