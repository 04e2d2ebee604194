import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { resolveUpdateOptions } from "../../src/update/update-options.ts";

test("the defaults are those that are documented", () => {
  const defaults = {
    window: 1_000_000,
    flushAfterMs: Number.POSITIVE_INFINITY,
    maxIdsPerRequest: 10_000,
    maxBytesPerRequest: 4_000_000,
    invalid: "throw",
    wait: false,
    dryRun: false,
    refused: "stop",
    maxRefused: 100,
    betweenWindows: "applied",
    indexingTimeoutMs: 900_000,
    busyTimeoutMs: 60_000,
  };
  expect(resolveUpdateOptions()).toEqual(defaults);
  expect(
    resolveUpdateOptions(Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]))),
  ).toEqual(defaults);
});

test.each<[option: string, value: unknown]>([
  ["window", 0],
  ["window", 1.5],
  ["window", Number.NaN],
  ["window", "10"],
  ["window", null],
  ["flushAfterMs", -1],
  ["flushAfterMs", "10s"],
  ["maxIdsPerRequest", 0],
  ["maxIdsPerRequest", 10_001],
  ["maxIdsPerRequest", Number.POSITIVE_INFINITY],
  ["maxIdsPerRequest", 2.5],
  ["maxBytesPerRequest", 0],
  ["maxBytesPerRequest", -1],
  ["maxBytesPerRequest", "4MB"],
  ["maxRefused", 0],
  ["maxRefused", null],
  ["invalid", "ignore"],
  ["invalid", null],
  ["refused", "skip"],
  ["betweenWindows", true],
  ["dryRun", "yes"],
  ["dryRun", 1],
  ["onRejected", "log"],
  ["onProgress", {}],
  ["onReceipt", null],
  ["signal", {}],
  ["signal", new AbortController()],
  ["signal", null],
  ["resumeFrom", null],
  ["resumeFrom", 1000],
  ["resumeFrom", {}],
  ["resumeFrom", { records: -1 }],
  ["resumeFrom", { records: 1.5 }],
  ["resumeFrom", { records: "1000" }],
  ["resumeFrom", { records: 1, indexingTokens: "t" }],
  ["resumeFrom", { records: 1, indexingTokens: [1] }],
  ["resumeFrom", { records: 1, refused: "a" }],
  ["resumeFrom", { records: 1, refused: [{ action: "add" }] }],
  ["resumeFrom", { records: 1, refused: [null] }],
  ["resumeFrom", { records: 1, spilled: null }],
  ["resumeFrom", { records: 1, spilled: { id: 1, partition: 0, record: 0 } }],
  ["resumeFrom", { records: 1, spilled: { id: "a", partition: -1, record: 0 } }],
  ["resumeFrom", { records: 1, spilled: { id: "a", partition: 0, record: 1.5 } }],
  ["resumeFrom", { records: 1, spilled: { id: "a", partition: 0 } }],
  ["spill", {}],
  ["spill", "state"],
  ["spill", null],
])("%s: %j is refused", (option, value) => {
  const read = () => resolveUpdateOptions({ [option]: value });
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(`Expected \`${option}\` to be `);
});

test.each(["fast", null, 5])("options that are %j are refused", (options) => {
  expect(() => resolveUpdateOptions(options as never)).toThrow("Expected `options` to be an object");
});

test.each<[option: string, value: unknown]>([
  ["window", 1],
  ["window", 2 ** 24 + 1],
  ["window", Number.POSITIVE_INFINITY],
  ["maxIdsPerRequest", 1],
  ["maxIdsPerRequest", 10_000],
  ["maxBytesPerRequest", Number.POSITIVE_INFINITY],
  ["maxRefused", Number.POSITIVE_INFINITY],
  ["invalid", "skip"],
  ["refused", "isolate"],
  ["betweenWindows", "accepted"],
  ["dryRun", true],
  ["signal", AbortSignal.abort()],
  ["resumeFrom", { records: 0 }],
  ["resumeFrom", { records: 5, indexingTokens: ["t"], refused: [{ action: "add", id: "a" }] }],
  ["resumeFrom", { records: 5, spilled: { id: "a", partition: 0, record: 0 } }],
])("%s: %j is taken", (option, value) => {
  expect(resolveUpdateOptions({ [option]: value })).toHaveProperty(option, value);
});

test("a dry run waits for nothing between windows", () => {
  expect(resolveUpdateOptions({ dryRun: true, betweenWindows: "applied" }).betweenWindows).toBe("accepted");
});

test("flushAfterMs is for sources that do not end, so it does not go with spill", () => {
  const spill = { openWindows: () => undefined } as never;
  expect(() => resolveUpdateOptions({ spill, flushAfterMs: 1000 })).toThrow(
    /flushAfterMs.*left out with `spill`/,
  );
  expect(resolveUpdateOptions({ spill }).flushAfterMs).toBe(Number.POSITIVE_INFINITY);
});
