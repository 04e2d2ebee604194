import {
  type AudienceAction,
  InvalidActionError,
  type Receipt,
  type ReplaceOptions,
  UpdateError,
  type UpdateReport,
} from "../../index.ts";
import type { DeliveryArguments } from "../arguments.ts";
import type { Connection } from "../connection.ts";
import { formatBytes, pluralize } from "../format.ts";
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

/** What the library's `update` and `replace` have in common. */
export type DeliveryOptions = Omit<ReplaceOptions, "allowEmpty">;

/** What the rows are sent to, and how. */
export interface DeliveryTarget {
  command: DeliveryArguments["command"];
  audience: string;
  /** Of `replace`. */
  allowEmpty: boolean | undefined;
}

/** Sends the rows and shows how far it is. Throws only what prevented the run from starting. */
export async function deliverRows(
  { command, audience, allowEmpty }: DeliveryTarget,
  reader: InputReader,
  options: DeliveryOptions,
  { client, requestsPerSecond }: Connection,
  terminal: Terminal,
): Promise<Delivered> {
  const resumedAfter = options.resumeFrom?.records ?? 0;
  const estimate = new UpdateEstimate(reader, requestsPerSecond, resumedAfter, () => performance.now());
  terminal.follow(audience, () => estimate.status);
  // The library checks what each row is.
  const rows = reader.rows as AsyncIterable<AudienceAction>;
  const settings: DeliveryOptions = {
    ...options,
    onProgress(progress) {
      estimate.report(progress);
      options.onProgress?.(progress);
    },
    onReceipt: (receipt) => terminal.detail(() => receiptText(receipt)),
  };
  try {
    const report =
      command === "replace"
        ? await client.replace(audience, rows, { ...settings, allowEmpty })
        : await client.update(audience, rows, settings);
    return { report, undelivered: [] };
  } catch (error) {
    if (error instanceof InvalidActionError) return { ...resultOf(error), cause: error };
    if (error instanceof UpdateError) return { ...resultOf(error), cause: error.cause };
    throw error;
  } finally {
    terminal.stop();
  }
}

function receiptText({ ids, bytes, attempts, indexingToken }: Receipt): string {
  const token = indexingToken === undefined ? "without a token" : `token ${indexingToken}`;
  return `Accepted: ${pluralize(ids, "id")}, ${formatBytes(bytes)}, ${pluralize(attempts, "attempt")}, ${token}`;
}

function resultOf({ report, undelivered }: Delivered): Delivered {
  return { report, undelivered };
}
