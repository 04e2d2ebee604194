import { createInterface } from "node:readline";
import type { AudienceArguments } from "../arguments.ts";
import { UsageError } from "../cli-errors.ts";
import type { Connection } from "../connection.ts";
import { json, writtenText } from "../output/result-text.ts";
import { visible } from "../output/visible-text.ts";
import { print, type World } from "../world.ts";

/** Deletes the audience as a whole, once the user has confirmed it. Resolves to the exit code. */
export async function deleteCommand(
  { audience, flags }: AudienceArguments,
  { client }: Connection,
  world: World,
): Promise<number> {
  if (!flags.yes) await confirm(audience, world);
  const { indexingToken } = await client.delete(audience, { signal: world.signal });
  const fields = { indexing_token: indexingToken };
  const text = writtenText(`${audience}: deleted`, fields);
  await print(world, flags.json ? json({ name: audience, ...fields }) : text);
  return 0;
}

/** Throws a `UsageError` unless the user types the name of the audience. */
async function confirm(audience: string, { stdin, stderr, signal }: World): Promise<void> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new UsageError("delete asks on a terminal only: --yes deletes the audience without asking");
  }
  stderr.write(
    `This deletes the audience and everything on it. Type its name, ${visible(audience)}, to go on: `,
  );
  const typed = await readTextLine(stdin, signal);
  signal.throwIfAborted();
  if (typed?.trim() !== audience) {
    throw new UsageError(`the text is not the name ${audience}: nothing was deleted`);
  }
}

/** The first line, or `undefined` if the input ends or the signal is aborted before it. */
async function readTextLine(input: World["stdin"], signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input, signal });
  try {
    for await (const line of lines) return line;
    return undefined;
  } finally {
    lines.close();
  }
}
