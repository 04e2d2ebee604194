import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_RETRY } from "../../src/options.ts";
import {
  type Answer,
  backoffMs,
  retryAfterMs,
  throttleMs,
  verdict,
} from "../../src/transport/retry-decision.ts";
import { EPOCH } from "../support/virtual-time.ts";

const response = (status: number, retryAfter: string | null = null): Answer => ({
  kind: "response",
  status,
  body: undefined,
  retryAfter,
});

test.each([200, 202, 204, 301, 302, 307, 400, 401, 403, 404, 409, 413, 418, 422])("a %i stands", (status) => {
  expect(verdict(response(status))).toBe("final");
  expect(verdict(response(status, "1"))).toBe("final");
});

test.each([408, 500, 501, 502, 503, 504, 599])("a %i is retried", (status) => {
  expect(verdict(response(status))).toBe("retry");
});

test("a lost answer and a timeout are retried", () => {
  expect(verdict({ kind: "lost", cause: new Error("reset") })).toBe("retry");
  expect(verdict({ kind: "timeout" })).toBe("retry");
});

test("a 429, and a 503 with Retry-After, put off; no other status does", () => {
  expect(verdict(response(429))).toBe("throttle");
  expect(verdict(response(429, "1"))).toBe("throttle");
  expect(verdict(response(503, "1"))).toBe("throttle");
  expect(verdict(response(503, "soon"))).toBe("throttle");
  expect(verdict(response(500, "1"))).toBe("retry");
});

test("a pause is anything up to a ceiling that doubles from minDelayMs to maxDelayMs", () => {
  const policy = { ...DEFAULT_RETRY, minDelayMs: 500, maxDelayMs: 30_000 };
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 60].map((retry) => backoffMs(retry, policy, () => 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffMs(3, policy, () => 0)).toBe(0);
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (retry, random) => {
      const share = backoffMs(retry, policy, () => random) / backoffMs(retry, policy, () => 1);
      expect(share).toBeCloseTo(random);
    }),
  );
});

test("the gate closes for at least throttleDelayMs and at least as long as was asked for", () => {
  const policy = { ...DEFAULT_RETRY, throttleDelayMs: 5000 };
  expect(throttleMs(undefined, policy)).toBe(5000);
  expect(throttleMs(0, policy)).toBe(5000);
  expect(throttleMs(60_000, policy)).toBe(60_000);
});

test.each<[header: string | null, ms: number | undefined]>([
  ["120", 120_000],
  ["0", 0],
  ["1.5", 1500],
  [" 7 ", 7000],
  ["99999999999999999999", 1e23],
  [new Date(EPOCH + 90_000).toUTCString(), 90_000],
  ["Mon, 23 Nov 2026 09:31:00 GMT", 60_000],
  ["Monday, 23-Nov-26 09:31:00 GMT", 60_000],
  ["Mon, 23 Nov 2026 09:29:00 GMT", undefined],
  ["Mon, 23 Nov 2026 09:30:00 GMT", undefined],
  ["-5", undefined],
  ["-1.5", undefined],
  // Date.parse alone takes it for a year.
  ["-2099", undefined],
  ["", undefined],
  ["soon", undefined],
  ["in 5 minutes", undefined],
  ["5 s", undefined],
  ["1e9", undefined],
  ["0x10", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["2026-11-23", undefined],
  ["Mon, 99 Nov 2026 09:31:00 GMT", undefined],
  [null, undefined],
])("Retry-After %j asks for %j ms", (header, ms) => {
  expect(retryAfterMs(header, EPOCH)).toBe(ms);
});
