import type { AudienceAction } from "../../index.ts";
import { isReadable, ORIGIN, type Row } from "../input/row.ts";
import { AtomicFile } from "./atomic-file.ts";

export interface UndeliveredWritten {
  /** Actions in the file. */
  count: number;
  /** The error with which the source ended early. */
  cutBy?: unknown;
}

/**
 * Writes what was read and not delivered, then what was not read, as NDJSON that `update` takes again. An unreadable row
 * goes to `onUnreadable`.
 */
export async function writeUndelivered(
  path: string,
  undelivered: Iterable<AudienceAction>,
  rest: AsyncIterable<{ row: Row; index: number }>,
  onUnreadable: (row: Row, index: number) => void,
): Promise<UndeliveredWritten> {
  const file = new AtomicFile(path);
  const source = new UntilError(rest);
  let count = 0;

  function put(json: string): void {
    file.write(`${json}\n`);
    count++;
  }

  try {
    for (const action of undelivered) put(JSON.stringify(action));
    for await (const { row, index } of source) {
      if (isReadable(row)) put(row[ORIGIN].actionJson(row));
      else onUnreadable(row, index);
    }
  } catch (error) {
    // Of the file, not of the source: what was there before stays.
    file.discard();
    throw error;
  }
  file.commit();
  return source.failed ? { count, cutBy: source.error } : { count };
}

/** Ends where the source fails, and holds the error: what came before is worth reading. */
class UntilError<T> implements AsyncIterable<T> {
  failed = false;
  error: unknown;
  readonly #source: AsyncIterable<T>;

  constructor(source: AsyncIterable<T>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      yield* this.#source;
    } catch (error) {
      this.failed = true;
      this.error = error;
    }
  }
}
