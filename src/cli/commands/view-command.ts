import type { AudienceArguments } from "../arguments.ts";
import type { Connection } from "../connection.ts";
import { json, viewTable } from "../output/result-text.ts";
import { print, type World } from "../world.ts";

/** Prints the audience as the API returns it. */
export async function viewCommand(
  { audience, flags }: AudienceArguments,
  { client }: Connection,
  world: World,
): Promise<number> {
  const view = await client.view(audience, { signal: world.signal });
  await print(world, flags.json ? json(view) : `${audience}\n\n${viewTable(view)}`);
  return 0;
}
