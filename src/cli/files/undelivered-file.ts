import type { AudienceAction } from "../../index.ts";
import { isReadable, type Row } from "../input/row.ts";
import { AtomicFile } from "./atomic-file.ts";

export interface UndeliveredWritten {
  /** Actions in the file. */
  count: number;
  /** What ended the source early. */
  cutBy?: unknown;
}

/**
 * Writes what was read and not delivered, then what was not read, as NDJSON that `update` takes again. An unreadable row
 * goes to `onUnreadable`.
 */
export async function writeUndelivered(
  path: string,
  undelivered: readonly AudienceAction[],
  rest: AsyncIterable<{ row: Row; index: number }>,
  onUnreadable: (row: Row, index: number) => void,
): Promise<UndeliveredWritten> {
  const file = new AtomicFile(path);
  const written: UndeliveredWritten = { count: 0 };

  function put(action: unknown): void {
    file.write(`${JSON.stringify(action)}\n`);
    written.count++;
  }

  try {
    for (const action of undelivered) put(action);
    for await (const { row, index } of rest) {
      if (isReadable(row)) put(row);
      else onUnreadable(row, index);
    }
  } catch (error) {
    // What could be read is still worth having.
    written.cutBy = error;
  }
  file.commit();
  return written;
}
