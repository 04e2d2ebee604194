import type { AudienceAction } from "../index.ts";
import type { Located } from "./reader.ts";
import { WholeFile } from "./whole-file.ts";

/** What was read and not delivered, then what was not read: NDJSON that `update` takes again. */
export async function writeUndelivered(
  path: string,
  undelivered: readonly AudienceAction[],
  rest: AsyncIterable<Located> | Iterable<Located>,
  onProblem: (located: Located) => void,
): Promise<{ count: number; cutBy?: unknown }> {
  const file = new WholeFile(path);
  let count = 0;
  let ended: { count: number; cutBy?: unknown };

  function put(action: unknown): void {
    file.write(`${JSON.stringify(action)}\n`);
    count++;
  }

  try {
    for (const action of undelivered) put(action);
    for await (const located of rest) {
      if (located.row.problem === undefined) put(located.row.action);
      else onProblem(located);
    }
    ended = { count };
  } catch (cutBy) {
    // What could be read is worth keeping.
    ended = { count, cutBy };
  }
  file.commit();
  return ended;
}
