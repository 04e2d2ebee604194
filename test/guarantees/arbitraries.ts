import fc from "fast-check";
import type { AudienceAction, AudienceMember } from "../../src/actions/action.ts";
import { type FakeBatchOptions, type FaultRates, PASSING_FAULTS } from "../../src/testing/index.ts";
import type { UpdateOptions } from "../../src/update/update-options.ts";

/** Few, so that most actions supersede another; some are names that every object has. */
const id = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 12 }).map((n) => `id-${n}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "é", "\ud800", '"', " a;"),
  },
);

const value = fc.oneof(
  fc.string({ maxLength: 5, unit: "binary" }),
  fc.integer(),
  fc.boolean(),
  fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
  fc.webUrl().map((url) => new URL(url)),
);

const attributes = fc.dictionary(fc.constantFrom("age", "city", "joined", "__proto__", "x_1"), value, {
  maxKeys: 3,
});

export const action: fc.Arbitrary<AudienceAction> = fc.oneof(
  fc.record({ action: fc.constant("add" as const), id, attributes }, { requiredKeys: ["action", "id"] }),
  fc.record({ action: fc.constant("remove" as const), id }),
);

export const member: fc.Arbitrary<AudienceMember> = fc.record({ id, attributes }, { requiredKeys: ["id"] });

/** What cannot be sent, whatever its type says. */
const INVALID = [
  { action: "add", id: " " },
  { action: "add" },
  { action: "delete", id: "a" },
  { action: "add", id: "a", attributes: { age: null } },
  { action: "add", id: "a", attributes: { Age: 1, age: Number.NaN } },
  { action: "remove", id: "a", attributes: {} },
  null,
] as unknown as AudienceAction[];

export const isValid = (action: AudienceAction): boolean => !INVALID.includes(action);

export const records = fc.array(
  fc.oneof({ weight: 30, arbitrary: action }, { weight: 1, arbitrary: fc.constantFrom(...INVALID) }),
  { maxLength: 80, size: "max" },
);

/** Valid actions for ids that hardly ever come again: most windows share no id with another. */
export const mostlyDistinct: fc.Arbitrary<AudienceAction[]> = fc
  .array(fc.tuple(fc.boolean(), fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(60))), {
    maxLength: 120,
    size: "max",
  })
  .map((steps) => {
    let fresh = 0;
    return steps.map(([isAdd, back]) => {
      const id = `id-${back === 0 ? fresh++ : Math.max(0, fresh - back)}`;
      return { action: isAdd ? "add" : "remove", id };
    });
  });

export const updateOptions: fc.Arbitrary<UpdateOptions> = fc.record({
  window: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1_000_000)),
  maxIdsPerRequest: fc.integer({ min: 1, max: 8 }),
  maxBytesPerRequest: fc.oneof(fc.integer({ min: 2000, max: 3000 }), fc.constant(4_000_000)),
  invalid: fc.constantFrom("skip" as const, "throw" as const),
  flushAfterMs: fc.constantFrom(Infinity, Infinity, 0, 100),
});

/** Redirects end a run by design, and are a failure among others. */
const faults: fc.Arbitrary<FaultRates> = fc
  .uniqueArray(fc.constantFrom(...PASSING_FAULTS, "redirect"), { maxLength: 4 })
  .map((kinds) => Object.fromEntries(kinds.map((kind) => [kind, kind === "redirect" ? 0.01 : 0.1])));

export const serverOptions = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  indexLag: fc.integer({ min: 0, max: 25 }).map((requests) => ({ requests })),
  order: fc.constantFrom("random" as const, "fifo" as const),
  faults,
  maxBodyBytes: fc.constantFrom(Infinity, 1500),
  hiddenViews: fc.constantFrom(0, 0, 2),
  latency: fc.constantFrom(0, 0, 20),
}) satisfies fc.Arbitrary<FakeBatchOptions & { latency: number }>;

/** What ends a call, and when: a number of requests, records or callbacks into it. */
export const interruption = fc.record({
  kind: fc.constantFrom(
    "nothing",
    "the API refuses",
    "the API throttles for good",
    "it is aborted",
    "the source throws",
    "onProgress throws",
    "onReceipt throws",
    "onRejected throws",
  ),
  at: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 25 })),
  /** How the caller goes on. */
  next: fc.constantFrom("hand back", "hand back to another client", "resume"),
});

export type Interruption = typeof interruption extends fc.Arbitrary<infer T> ? T : never;
