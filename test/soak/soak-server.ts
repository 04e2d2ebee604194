// The fake API of a soak, in a process of its own: its memory is not the client's. Started with a seed and the names of the
// audiences that there are at first.

import { createFakeBatch, evenly } from "batch-audiences/testing";
import { integer } from "../support/random.ts";
import type { Seen } from "./server-process.ts";

const [seed = "1", ...audiences] = process.argv.slice(2);
const MAX_VIOLATIONS = 5;

process.on("disconnect", () => process.exit());

const fake = createFakeBatch({
  seed: Number(seed),
  audiences,
  log: false,
  indexLag: { ms: 500 },
  latencyMs: (random) => 5 + integer(random, 35),
  retryAfter: (random) => (random() < 0.5 ? undefined : "1"),
  faults: {
    ...evenly(0.03, ["serverError", "requestTimeout", "maintenance", "throttled", "noToken"]),
    ...evenly(0.012, ["reset", "resetMidRequest", "truncated", "cutJson", "html", "lateAfterReset"]),
    hang: 0.0005,
  },
  // The client waits for ten seconds before it asks.
  lateBy: { ms: 3_000 },
});
const { url } = await fake.listen();
process.send?.(url);

process.on("message", async () => {
  await fake.settled();
  const { counts, violations } = fake;
  const { user, system } = process.cpuUsage();
  process.send?.({
    counts,
    violations: violations.slice(0, MAX_VIOLATIONS),
    audiences: [...fake.audiences()].map(([name, { members }]) => [name, [...members]]),
    cpuMs: (user + system) / 1000,
  } satisfies Seen);
});
