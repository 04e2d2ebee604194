import type { ListArguments } from "../arguments.ts";
import type { Connection } from "../connection.ts";
import { AUDIENCE_HEADER, audienceRow } from "../output/audience-row.ts";
import { json } from "../output/result-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { print, type World } from "../world.ts";

/** Prints all audiences of the project as they come. Resolves to the exit code. */
export async function listCommand(
  { flags }: ListArguments,
  { client }: Connection,
  terminal: Terminal,
  world: World,
): Promise<number> {
  let count = 0;
  for await (const audience of client.list({ signal: world.signal })) {
    if (flags.json) await print(world, `${count === 0 ? "[\n" : ",\n"}${json(audience).trimEnd()}`);
    else await print(world, `${count === 0 ? AUDIENCE_HEADER : ""}${audienceRow(audience)}`);
    count++;
  }
  if (flags.json) await print(world, count === 0 ? "[]\n" : "\n]\n");
  else if (count === 0) terminal.note("The project has no audience.");
  return 0;
}
