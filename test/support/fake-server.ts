import { type Runtime, systemRuntime } from "../../src/runtime.ts";
import {
  createFakeBatch,
  type FakeBatch,
  type FakeBatchOptions,
  type Listening,
} from "../../src/testing/index.ts";

/** A fake, however it is reached. */
export type Fake = Omit<FakeBatch, "fetch">;

export type FakeBatchServer = Fake & Listening & { fetch?: never };

/** On loopback, in the time that is given, without a limit of the rate. */
export async function startFakeBatch(
  options?: FakeBatchOptions,
  runtime: Runtime = systemRuntime,
): Promise<FakeBatchServer> {
  const batch = createFakeBatch({ runtime, ...options });
  const { url, close } = await batch.listen();
  // Its own properties stay getters.
  return Object.create(batch, { url: { value: url }, close: { value: close }, fetch: { value: undefined } });
}
