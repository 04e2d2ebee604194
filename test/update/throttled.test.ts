import { describe, expect, test } from "vitest";
import { ApiError, UpdateError } from "../../src/errors.ts";
import {
  type Answer,
  accept,
  adds,
  expectBalance,
  firstAnswer,
  refusal,
  rejection,
  stub,
} from "../support/scripted-api.ts";

describe("429, and 503 with Retry-After", () => {
  test.each<[what: string, answer: Answer, ms: number]>([
    ["429", () => refusal(429), 5000],
    ["429 with Retry-After in seconds", () => refusal(429, "no", { "Retry-After": "60" }), 60_000],
    ["429 with a shorter Retry-After", () => refusal(429, "no", { "Retry-After": "1" }), 5000],
    ["429 with a date", () => refusal(429, "no", { "Retry-After": "Mon, 23 Nov 2026 09:31:00 GMT" }), 60_000],
    [
      "429 with a date gone by",
      () => refusal(429, "no", { "Retry-After": "Mon, 23 Nov 2020 09:31:00 GMT" }),
      5000,
    ],
    ["429 with a negative Retry-After", () => refusal(429, "no", { "Retry-After": "-60" }), 5000],
    ["429 with a malformed Retry-After", () => refusal(429, "no", { "Retry-After": "soon" }), 5000],
    ["503 with Retry-After", () => refusal(503, "no", { "Retry-After": "60" }), 60_000],
    ["503 with a malformed Retry-After", () => refusal(503, "no", { "Retry-After": "soon" }), 5000],
    ["429 in HTML", () => new Response("<html>", { status: 429 }), 5000],
  ])("%s: the gate closes for all, and no retry is used up", async (_what, answer, ms) => {
    const api = stub(firstAnswer(answer), { retry: { retries: 0 }, random: () => 0.5, maxInFlight: 1 });
    const report = await api.client.update("vips", adds(3), { maxIdsPerRequest: 1 });
    expect(report).toMatchObject({ accepted: 3, requests: 4, retries: 0, throttledMs: ms });
    expect(api.updates.map(({ at }) => at).slice(0, 2)).toEqual([0, 1.1 * ms]);
    expect(Math.min(...api.updates.slice(2).map(({ at }) => at))).toBeGreaterThanOrEqual(1.1 * ms);
    expect(report.receipts.map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2]);
  });

  test("waiting requests leave the gate one after the other, each at a moment of its own", async () => {
    let turn = 0;
    const api = stub(
      firstAnswer(
        () => refusal(429),
        () => refusal(429),
        () => refusal(429),
      ),
      {
        requestsPerSecond: Number.POSITIVE_INFINITY,
        maxInFlight: 3,
        random: () => (turn++ % 7) / 7,
      },
    );
    await api.client.update("vips", adds(6), { maxIdsPerRequest: 1 });
    const starts = api.updates.slice(3, 6).map(({ at }) => at);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(5000);
    expect(Math.max(...starts)).toBeLessThanOrEqual(6000);
    expect(new Set(starts).size).toBe(3);
  });

  test("for a minute: the run survives without a retry", async () => {
    const api = stub((call) => (call.at < 60_000 ? refusal(429) : accept(call)), { retry: { retries: 0 } });
    const report = await api.client.update("vips", adds(8), { maxIdsPerRequest: 1 });
    expect(report).toMatchObject({ accepted: 8, retries: 0 });
    expect(report.throttledMs).toBeGreaterThanOrEqual(50_000);
  });

  test("do not end the run while other answers come between them", async () => {
    const api = stub((call) => (call.before % 2 === 0 ? refusal(429) : accept(call)), {
      retry: { maxThrottledMs: 8000 },
      maxInFlight: 1,
    });
    const report = await api.client.update("vips", adds(10), { maxIdsPerRequest: 1 });
    expect(report).toMatchObject({ accepted: 10, throttledMs: 50_000 });
  });

  test("are counted in the report of the update that met them alone", async () => {
    const api = stub(firstAnswer(() => refusal(429)));
    const first = await api.client.update("vips", adds(1));
    const second = await api.client.update("news", adds(1));
    expect([first.throttledMs, second.throttledMs]).toEqual([5000, 0]);
  });

  test("the gate is told to onProgress while it is closed", async () => {
    const closed: number[] = [];
    const api = stub(firstAnswer(() => refusal(429)));
    await api.client.update("vips", adds(1), {
      onProgress: ({ throttledForMs, requests }) => closed.push(requests, throttledForMs),
    });
    expect(closed).toEqual([1, 5000, 2, 0]);
  });

  test.each([
    ["nothing", undefined],
    ["an absurd time", { "Retry-After": "99999999999" }],
  ])("end the run once maxThrottledMs has gone by, where %s is asked for", async (_what, headers) => {
    const api = stub(() => refusal(429, "no", headers), {
      retry: { maxThrottledMs: 60_000 },
      maxInFlight: 1,
    });
    const error = await rejection(api.client.update("vips", adds(4), { maxIdsPerRequest: 1 }), UpdateError);
    const { report } = error;
    expectBalance(report);
    expect(error.undelivered).toEqual(adds(4));
    expect(error.cause).toBeInstanceOf(ApiError);
    expect(error.cause).toMatchObject({ status: 429 });
    expect(api.time.now()).toBeGreaterThanOrEqual(60_000);
    expect(api.time.now()).toBeLessThanOrEqual(60_000 + 0.2 * 60_000);
    expect(report.retries).toBe(0);
    // The time in which requests leave the gate is not throttled.
    expect(report.throttledMs).toBeGreaterThanOrEqual(60_000 / 1.2);
    expect(report.throttledMs).toBeLessThanOrEqual(60_000);
  });
});
