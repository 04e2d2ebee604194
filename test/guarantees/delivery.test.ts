// Any sequence of actions ends right: generated ones of one caller who is interrupted, and seeded ones of several callers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CreateEnvironment, inProcess, onLoopback } from "../support/environment.ts";
import { interruption, mostlyDistinct, records, serverOptions, updateOptions } from "./arbitraries.ts";
import { deliverAll } from "./caller.ts";
import { SETTINGS, trial } from "./trial.ts";

const cases = fc.record({
  records,
  server: serverOptions,
  client: fc.record({ maxInFlight: fc.integer({ min: 1, max: 6 }), retries: fc.integer({ min: 0, max: 3 }) }),
  options: updateOptions,
  interruptions: fc.array(interruption, { maxLength: 5 }),
  isAsync: fc.boolean(),
});

/** Time is real there, and an answer that never comes takes a lot of it. */
const withoutHanging = cases.map((given) => {
  const faults = { ...given.server.faults, hang: 0 };
  return { ...given, server: { ...given.server, faults } };
});

/** Far more than it takes, on a machine that has much else to do. */
const LONG = { timeout: 240_000 };

const alwaysDelivered = (createEnvironment: CreateEnvironment, given: typeof cases) =>
  fc.asyncProperty(given, async (given) => {
    expect(await deliverAll(given, createEnvironment)).toEqual([]);
  });

describe("any actions in any chunks and windows, through any faults and interruptions", () => {
  it(
    "end in the oracle's state, with no id twice in flight and reports that balance (G1, G3)",
    LONG,
    async () => {
      await fc.assert(alwaysDelivered(inProcess, cases), { numRuns: 150 });
    },
  );

  it("end so also where windows hardly share an id, so that little is waited for (G2)", LONG, async () => {
    const given = fc.tuple(cases, mostlyDistinct).map(([given, records]) => ({ ...given, records }));
    await fc.assert(alwaysDelivered(inProcess, given), { numRuns: 150 });
  });

  it("end so over real connections too", LONG, async () => {
    await fc.assert(alwaysDelivered(onLoopback, withoutHanging), { numRuns: 10 });
  });
});

describe("several calls in many windows end in the oracle's state (G1)", () => {
  describe.each(Object.entries(SETTINGS))("with %s", (_, setting) => {
    it.each([1, 2])("in process, seed %i", async (seed) => {
      expect(await trial(seed, setting, inProcess, 150)).toEqual([]);
    });
  });

  // Together, since they mostly wait.
  it.concurrent.each(Object.entries(SETTINGS))("over real connections, with %s (G1)", async (_, setting) => {
    expect(await trial(4, setting, onLoopback, 40)).toEqual([]);
  });
});
