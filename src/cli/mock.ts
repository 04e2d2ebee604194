import type { Listening } from "../testing/index.ts";
import { systemReason, UsageError } from "./cli-errors.ts";

export interface MockOptions {
  /** Default: any that is free. */
  port?: number | undefined;
  /** Default: no limit. */
  requestsPerSecond?: number | undefined;
  seed?: number | undefined;
}

/** What is accepted shows `IN_PROGRESS` for up to so many requests, and `APPLIED` then. */
const INDEX_LAG = { requests: 3 };

/** Serves the fake of the API on this machine. */
export async function startMock({ port = 0, ...options }: MockOptions = {}): Promise<Listening> {
  // Loaded only here: no other command needs it.
  const { createFakeBatch } = await import("../testing/index.ts");
  // Nothing reads the record of the requests, and the server may run for long.
  const batch = createFakeBatch({ ...options, indexLag: INDEX_LAG, log: false });
  try {
    return await batch.listen(port);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const reason = isTaken ? "is used by another program" : systemReason(error);
    throw new UsageError(`--port ${port}: ${reason}`, { cause: error });
  }
}
