// Any sequence of actions ends right when it is spilled, whatever interrupts it, and however its caller goes on.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { directory } from "../../src/node/index.ts";
import { inProcess } from "../support/environment.ts";
import { interruption, records, serverOptions, updateOptions } from "./arbitraries.ts";
import { deliverAll } from "./caller.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spill-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const cases = fc.record({
  records,
  server: serverOptions,
  client: fc.record({ maxInFlight: fc.integer({ min: 1, max: 6 }), retries: fc.integer({ min: 0, max: 3 }) }),
  options: updateOptions,
  window: fc.integer({ min: 1, max: 12 }),
  interruptions: fc.array(interruption, { maxLength: 5 }),
  isAsync: fc.boolean(),
});

it("any actions that are spilled, through any faults and interruptions, end in the oracle's state (G6)", {
  timeout: 240_000,
}, async () => {
  let run = 0;
  const delivered = fc.asyncProperty(cases, async ({ window, options: all, ...given }) => {
    const spill = directory(join(folder, `${run++}`));
    const { flushAfterMs: _, ...options } = all;
    expect(await deliverAll({ ...given, options: { ...options, window, spill } }, inProcess)).toEqual([]);
  });
  await fc.assert(delivered, { numRuns: 150 });
});
