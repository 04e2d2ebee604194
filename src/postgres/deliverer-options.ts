import { assertOption, assertOptionNames, isCount } from "../options.ts";
import type { Database, SchemaOptions } from "./database.ts";
import type { Delivered, DeliveryContext } from "./delivery.ts";

/**
 * Listens to a channel of the database and calls `wake` for each notification. May return a function that ends it. For PGlite:
 * `(channel, wake) => db.listen(channel, wake)`.
 */
export type Listen = (channel: string, wake: () => void) => unknown;

export interface DelivererOptions extends SchemaOptions {
  db: Database;
  /** What it sends with. Its own: another one for other updates would not know what this one has under way. */
  client: DeliveryContext["client"];
  /** The `timeoutMs` of the client, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
  /**
   * How long the lease holds after its last renewal, in milliseconds: so long after it was killed, another deliverer takes over.
   * At least 1.2 times `timeoutMs`. Default 120,000.
   */
  ttlMs?: number | undefined;
  /** How many actions of an audience are delivered together. Default 100,000, ten requests. */
  window?: number | undefined;
  /** How often it looks for new actions without being woken, in milliseconds. Default 500. */
  pollMs?: number | undefined;
  /** Wakes it as soon as actions are committed. Default: it only polls. */
  listen?: Listen | undefined;
  /** Called after each delivery. If it throws or rejects, `run` does. */
  onDelivered?: ((delivered: Delivered) => unknown) | undefined;
  /**
   * Called for each error. The actions stay in the queue, and are tried again. Without an audience, the database failed. If it
   * throws or rejects, `run` does.
   */
  onError?: ((error: unknown, audience?: string) => unknown) | undefined;
}

/** With the defaults. */
export type Settings = Omit<DelivererOptions, "window" | "pollMs"> & { window: number; pollMs: number };

export function resolveOptions(options: DelivererOptions): Settings {
  assertOptionNames("options", options, [
    ...["db", "client", "schema", "timeoutMs", "ttlMs", "window", "pollMs", "listen"],
    ...["onDelivered", "onError"],
  ]);
  const { client, window = 100_000, pollMs = 500, listen, onDelivered, onError } = options;
  const isClient = typeof client?.update === "function" && typeof client.waitUntilApplied === "function";
  assertOption("client", isClient, "a client that `createAudienceClient` has made", client);
  assertOption(
    "window",
    isCount(window, 1) && window <= 1_000_000,
    "a whole number from 1 to 1,000,000",
    window,
  );
  // Not for ever: it is also when an audience that failed is tried again.
  const isPause = Number.isFinite(pollMs) && pollMs > 0;
  assertOption("pollMs", isPause, "milliseconds above 0", pollMs);
  for (const [name, value] of Object.entries({ listen, onDelivered, onError })) {
    assertOption(name, value === undefined || typeof value === "function", "a function", value);
  }
  return { ...options, window, pollMs };
}
