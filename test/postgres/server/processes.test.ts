import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { runManyPrograms } from "../../guarantees/many-programs.ts";
import { serverUrl } from "../../support/postgres.ts";

test("4 producers and 3 deliverers end in the last committed action of each id, whatever happens to the elected one (G20)", {
  timeout: 120_000,
}, async () => {
  const schema = `t_${process.pid}_${randomBytes(5).toString("hex")}`;
  const size = { seed: 1, actions: 20_000, ids: 2_000, faults: 1 };
  const found = await runManyPrograms({ databaseUrl: serverUrl!, schema, ...size });
  expect(found.wrong).toEqual([]);
  expect(found.actions).toBeGreaterThan(15_000);
  // The one that was killed, the one that was suspended, and their successors.
  expect(found.leaders).toBeGreaterThan(2);
});
