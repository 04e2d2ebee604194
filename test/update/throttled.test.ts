import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
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
    ["429 in HTML", () => new Response("<html>", { status: 429 }), 5000],
  ])("%s: all requests wait, and no retry is used up", async (_what, answer, ms) => {
    const api = stub(firstAnswer(answer), { retry: { retries: 0 }, random: () => 0.5, maxInFlight: 1 });
    const report = await api.client.update("vips", adds(3), { maxIdsPerRequest: 1 });
    expect(report).toMatchObject({ accepted: 3, requests: 4, retries: 0, throttledMs: ms });
    expect(api.updates.map(({ at }) => at).slice(0, 2)).toEqual([0, 1.1 * ms]);
    expect(Math.min(...api.updates.slice(2).map(({ at }) => at))).toBeGreaterThanOrEqual(1.1 * ms);
    expect(report.receipts.map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2]);
  });

  test.each([
    ["a time", "60", 60_000],
    ["nothing readable", "soon", 5000],
  ])(
    "503 with Retry-After that asks for %s: all requests wait, and a retry is used up",
    async (_what, header, ms) => {
      const unavailable = () => refusal(503, "no", { "Retry-After": header });
      const api = stub(firstAnswer(unavailable), {
        retry: { retries: 1 },
        random: () => 0.5,
        maxInFlight: 1,
      });
      const report = await api.client.update("vips", adds(3), { maxIdsPerRequest: 1 });
      expect(report).toMatchObject({ accepted: 3, requests: 4, retries: 1, throttledMs: ms });
      expect(api.updates.map(({ at }) => at).slice(0, 2)).toEqual([0, 1.1 * ms]);
    },
  );

  test("503 with Retry-After for one audience ends its update, while another gets answers", async () => {
    const api = stub((call) =>
      call.audience === "vips" ? refusal(503, "no", { "Retry-After": "9" }) : accept(call),
    );
    const failing = rejection(api.client.update("vips", adds(1)), UpdateError);
    const report = await api.client.update("news", adds(50), { maxIdsPerRequest: 1 });
    expect(report.accepted).toBe(50);
    expect((await failing).cause).toMatchObject({ status: 503, attempts: 6 });
  });

  test("idle time is not throttled time: one 429 after a long pause does not end the next run", async () => {
    const api = stub(
      firstAnswer(
        () => refusal(429),
        accept,
        () => refusal(429),
      ),
      { retry: { maxThrottledMs: 60_000 } },
    );
    await api.client.update("vips", adds(1));
    await api.time.sleep(20 * 60_000);
    expect(await api.client.update("news", adds(1))).toMatchObject({ accepted: 1, throttledMs: 5000 });
  });

  test("waiting requests start one after the other, each at a moment of its own", async () => {
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
    const seen = new Set<string>();
    const isFirst = (id: string) => !seen.has(id) && seen.add(id);
    const api = stub((call) => (isFirst(call.actions[0]!.id) ? refusal(429) : accept(call)), {
      retry: { maxThrottledMs: 20_000 },
      maxInFlight: 1,
    });
    const report = await api.client.update("vips", adds(10), { maxIdsPerRequest: 1 });
    expect(report).toMatchObject({ accepted: 10, throttledMs: 50_000 });
  });

  test("do not end the run while the same request gets other answers between them", async () => {
    const api = stub(
      (call) => (call.before === 3 ? refusal(500) : call.before < 7 ? refusal(429) : accept(call)),
      { retry: { maxThrottledMs: 20_000 } },
    );
    const report = await api.client.update("vips", adds(1));
    expect(report).toMatchObject({ accepted: 1, requests: 8, throttledMs: 30_000 });
  });

  test("are counted in the report of the update that met them alone", async () => {
    const api = stub(firstAnswer(() => refusal(429)));
    const first = await api.client.update("vips", adds(1));
    const second = await api.client.update("news", adds(1));
    expect([first.throttledMs, second.throttledMs]).toEqual([5000, 0]);
  });

  test("are shown to onProgress while all requests wait", async () => {
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
    expect([...error.undelivered]).toEqual(adds(4));
    expect(error.cause).toBeInstanceOf(ApiError);
    expect(error.cause).toMatchObject({ status: 429 });
    expect(api.time.now()).toBeGreaterThanOrEqual(60_000);
    expect(api.time.now()).toBeLessThanOrEqual(60_000 + 0.2 * 60_000);
    expect(report.retries).toBe(0);
    // The time over which starts are spread is not throttled.
    expect(report.throttledMs).toBeGreaterThanOrEqual(60_000 / 1.2);
    expect(report.throttledMs).toBeLessThanOrEqual(60_000);
  });
});

test("a 429 that asks for no time ends the run as well, once maxThrottledMs has passed", async () => {
  const api = stub(() => refusal(429), { retry: { throttleDelayMs: 0, maxThrottledMs: 60_000 } });
  await api.time.sleep(1000);
  const error = await rejection(api.client.update("vips", adds(1)), UpdateError);
  expect(error.cause).toMatchObject({ status: 429 });
  expect(api.time.now()).toBeLessThan(66_000);
});
