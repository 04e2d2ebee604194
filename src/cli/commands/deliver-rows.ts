import {
  type AudienceAction,
  InvalidActionError,
  UpdateError,
  type UpdateOptions,
  type UpdateReport,
} from "../../index.ts";
import type { Connection } from "../connection.ts";
import type { InputReader } from "../input/input-reader.ts";
import { UpdateEstimate } from "../output/progress-estimate.ts";
import type { Terminal } from "../output/terminal.ts";

/** How an update ended. */
export interface Delivered {
  report: UpdateReport;
  /** Read by the library and not accepted by the API. */
  undelivered: Iterable<AudienceAction>;
  /** What ended it early. */
  cause?: unknown;
}

/** Sends the rows and shows how far it is. Throws only what prevented the update from starting. */
export async function deliverRows(
  audience: string,
  reader: InputReader,
  options: UpdateOptions,
  { client, requestsPerSecond }: Connection,
  terminal: Terminal,
): Promise<Delivered> {
  const estimate = new UpdateEstimate(reader, requestsPerSecond, () => performance.now());
  terminal.follow(audience, () => estimate.status);
  try {
    // The library checks what each row is.
    const report = await client.update(audience, reader.rows as AsyncIterable<AudienceAction>, {
      ...options,
      onProgress(progress) {
        estimate.report(progress);
        options.onProgress?.(progress);
      },
    });
    return { report, undelivered: [] };
  } catch (error) {
    if (error instanceof InvalidActionError) return { ...resultOf(error), cause: error };
    if (error instanceof UpdateError) return { ...resultOf(error), cause: error.cause };
    throw error;
  } finally {
    terminal.stop();
  }
}

function resultOf({ report, undelivered }: Delivered): Delivered {
  return { report, undelivered };
}
