import type { Arguments } from "./arguments.ts";
import type { Connection, World } from "./connection.ts";
import { json, viewTable } from "./result.ts";

export async function view(
  { audience, flags }: Extract<Arguments, { command: "view" }>,
  { client }: Connection,
  { print, signal }: World,
): Promise<number> {
  const seen = await client.view(audience, { signal });
  await print(flags.json ? json(seen) : `${audience}\n\n${viewTable(seen)}`);
  return 0;
}
