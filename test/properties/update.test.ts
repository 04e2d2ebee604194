import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inProcess, onLoopback, type WorldMaker } from "../guarantees/world.ts";
import { interruption, records, serverOptions, updateOptions } from "./arbitraries.ts";
import { deliverAll } from "./caller.ts";

const cases = fc.record({
  records,
  server: serverOptions,
  client: fc.record({ maxInFlight: fc.integer({ min: 1, max: 6 }), retries: fc.integer({ min: 0, max: 3 }) }),
  options: updateOptions,
  interruptions: fc.array(interruption, { maxLength: 5 }),
  isAsync: fc.boolean(),
});

/** Time is real there, and an answer that never comes takes a second of it. */
const withoutHanging = cases.map((given) => {
  const faults = { ...given.server.faults, hang: 0 };
  return { ...given, server: { ...given.server, faults } };
});

/** Far more than it takes, on a machine that has much else to do. */
const LONG = { timeout: 240_000 };

const alwaysDelivered = (makeWorld: WorldMaker, given: typeof cases) =>
  fc.asyncProperty(given, async (given) => {
    expect(await deliverAll(given, makeWorld)).toEqual([]);
  });

describe("any actions in any chunks and windows, through any faults and interruptions", () => {
  it("end in the oracle's state, with no id twice in flight and reports that balance", LONG, async () => {
    await fc.assert(alwaysDelivered(inProcess, cases), { numRuns: 150 });
  });

  it("do so over real connections too", LONG, async () => {
    await fc.assert(alwaysDelivered(onLoopback, withoutHanging), { numRuns: 10 });
  });
});
