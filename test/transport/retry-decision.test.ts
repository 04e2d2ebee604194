import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_RETRY, type RetryPolicy } from "../../src/options.ts";
import type { Answer } from "../../src/transport/answer.ts";
import {
  backoffMs,
  decideRetry,
  type ExchangeSoFar,
  type RetryDecision,
  throttleMs,
} from "../../src/transport/retry-decision.ts";

const response = (status: number, retryAfterMs?: number): Answer => ({
  kind: "response",
  status,
  body: undefined,
  asksToWait: retryAfterMs !== undefined,
  retryAfterMs,
});

const START: ExchangeSoFar = { retries: 0, throttledMs: 0 };

const decide = (answer: Answer, soFar: Partial<ExchangeSoFar> = {}, policy: Partial<RetryPolicy> = {}) =>
  decideRetry(answer, { ...START, ...soFar }, { ...DEFAULT_RETRY, ...policy }, () => 0.5);

const lost: Answer = { kind: "lost", cause: new Error("reset") };
const timeout: Answer = { kind: "timeout" };
const repeat = (backoffMs: number): RetryDecision => ({ kind: "repeat", backoffMs, usesRetry: true });

test("what may pass is repeated after a pause of its own, until the retries are used up", () => {
  for (const answer of [
    lost,
    timeout,
    ...[408, 500, 501, 502, 503, 504, 599].map((status) => response(status)),
  ]) {
    expect(decide(answer)).toEqual(repeat(250));
    expect(decide(answer, { retries: 4 })).toEqual(repeat(4000));
    expect(decide(answer, { retries: 5 })).toEqual({ kind: "give up" });
    expect(decide(answer, { throttledMs: 1e9 })).toEqual(repeat(250));
  }
  expect(decide(response(500, 60_000))).toEqual(repeat(250));
});

test("a 429 makes all wait and uses up no retry, until maxThrottledMs has passed", () => {
  const waits = (cooldownMs: number) => ({ kind: "repeat", backoffMs: 0, cooldownMs, usesRetry: false });
  expect(decide(response(429))).toEqual(waits(5000));
  expect(decide(response(429, 1000))).toEqual(waits(5000));
  expect(decide(response(429, 60_000), { retries: 99 })).toEqual(waits(60_000));
  expect(decide(response(429, 1e23), { throttledMs: 840_000 })).toEqual(waits(60_000));
  // The next exchange has to wait too.
  const last = { throttledMs: 900_000 };
  expect(decide(response(429), last)).toEqual({ kind: "give up", cooldownMs: 5000 });
  expect(decide(response(429, 60_000), last)).toEqual({ kind: "give up", cooldownMs: 60_000 });
  expect(decide(response(429, 1e23), last)).toEqual({ kind: "give up", cooldownMs: 900_000 });
});

test("a 503 with Retry-After makes all wait, and uses up a retry: it may come after the work", () => {
  const waits = (cooldownMs: number) => ({ kind: "repeat", backoffMs: 0, cooldownMs, usesRetry: true });
  expect(decide(response(503, 60_000))).toEqual(waits(60_000));
  expect(decide(response(503, 1e23))).toEqual(waits(900_000));
  expect(decide({ ...response(503), asksToWait: true } as Answer)).toEqual(waits(5000));
  expect(decide(response(503, 60_000), { retries: 5 })).toEqual({ kind: "give up", cooldownMs: 60_000 });
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

test("a cooldown takes at least throttleDelayMs, and at least as long as was asked for", () => {
  const policy = { ...DEFAULT_RETRY, throttleDelayMs: 5000 };
  const asked = (retryAfterMs?: number) =>
    throttleMs({ status: 429, asksToWait: true, retryAfterMs }, policy);
  expect([asked(), asked(0), asked(60_000)]).toEqual([5000, 5000, 60_000]);
});
