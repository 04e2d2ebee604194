import type { AppliedState } from "../../index.ts";
import { positive } from "../argument-values.ts";
import type { AudienceArguments } from "../arguments.ts";
import type { Connection } from "../connection.ts";
import { json, writtenText } from "../output/result-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";
import { openTokens, waitHint, waitUntilApplied } from "./wait-command.ts";

/** Creates the audience, and prints what was created. Resolves to the exit code. */
export async function createCommand(
  { audience, flags }: AudienceArguments,
  connection: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  const timeout = positive("timeout", flags.timeout);
  const { type, "display-name": displayName } = flags;
  const { signal } = world;
  const { indexingToken } = await connection.client.create(audience, { type, displayName, signal });

  async function printCreated(state?: AppliedState): Promise<void> {
    const fields = { type, display_name: displayName, indexing_token: indexingToken, indexing_state: state };
    const text = writtenText(`${audience}: created`, fields);
    await print(world, flags.json ? json({ name: audience, ...fields }) : text);
  }

  if (!flags.wait || indexingToken === undefined) {
    await printCreated();
    if (flags.wait) terminal.warn("the API gave no indexing token, so there is nothing to wait for");
    return 0;
  }
  const tokens = [indexingToken];
  const states = await waitUntilApplied(audience, tokens, timeout, connection, terminal, world).catch(
    async (error: unknown) => {
      await printCreated();
      if (openTokens(error, tokens).length > 0) terminal.note(waitHint(audience, tokens));
      throw error;
    },
  );
  await printCreated(states[indexingToken]);
  return 0;
}
