import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Pacer, type PacerOptions } from "../../src/transport/rate-limiter.ts";
import { expectPace } from "../support/scripted-api.ts";
import { idle, type VirtualTime, virtualTime } from "../support/virtual-time.ts";

function setUp(options: Partial<PacerOptions> = {}, random?: () => number) {
  const time = virtualTime(random);
  const pacer = new Pacer(
    { requestsPerSecond: 1, maxInFlight: 4, maxThrottledMs: 900_000, ...options },
    time,
  );
  return { time, pacer };
}

/** Runs requests that take `ms` each, all asked for at once; tells when each started and how many were outstanding. */
async function run(pacer: Pacer, time: VirtualTime, count: number, ms: number) {
  const starts: number[] = [];
  let outstanding = 0;
  let most = 0;
  const request = async () => {
    starts.push(time.now());
    most = Math.max(most, ++outstanding);
    await time.sleep(ms);
    outstanding--;
  };
  await Promise.all(Array.from({ length: count }, () => pacer.run(undefined, request)));
  return { starts, most };
}

describe("spacing", () => {
  test("the first request starts at once, the others 1 / requestsPerSecond after the one before", async () => {
    const { time, pacer } = setUp({ requestsPerSecond: 4 });
    const { starts } = await run(pacer, time, 5, 0);
    expect(starts[0]).toBe(0);
    expectPace(starts, 250);
    expect(pacer.intervalMs).toBe(250);
  });

  test("a latency of several seconds does not lower the rate", async () => {
    const { time, pacer } = setUp({ maxInFlight: 4 });
    const { starts, most } = await run(pacer, time, 10, 3900);
    expectPace(starts, 1000);
    expect(most).toBe(4);
  });

  test("no more than maxInFlight requests are outstanding", async () => {
    const { time, pacer } = setUp({ requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 3 });
    const { starts, most } = await run(pacer, time, 9, 10);
    expect(most).toBe(3);
    expect(starts).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20]);
  });

  test("time in which nothing was asked for gives no burst afterwards", async () => {
    const { time, pacer } = setUp();
    await run(pacer, time, 1, 0);
    await time.sleep(10_000);
    const { starts } = await run(pacer, time, 3, 0);
    expectPace(starts, 1000);
  });

  test("a timer that fires late is made up for, a longer stall is not", async () => {
    async function startsWith(late: number[]) {
      const time = virtualTime();
      const clumsy = { ...time, sleep: (ms: number) => time.sleep(ms + (late.shift() ?? 0)) };
      const pacer = new Pacer({ requestsPerSecond: 1, maxInFlight: 1, maxThrottledMs: 0 }, clumsy);
      const starts: number[] = [];
      const request = async () => starts.push(time.now());
      await Promise.all(Array.from({ length: 6 }, () => pacer.run(undefined, request)));
      return starts;
    }
    const punctual = await startsWith([]);
    const clumsy = await startsWith([0, 3, 0, 400, 0]);
    expect(clumsy.map((start, i) => start - punctual[i]!)).toEqual([0, 0, 3, 0, 400, 395]);
  });

  test("requests start in the order in which they were asked for", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 });
    const order: number[] = [];
    const request = (i: number) => async () => {
      order.push(i);
      await time.sleep(10);
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map((i) => pacer.run(undefined, request(i))));
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a request that fails gives its place back", async () => {
    const { pacer } = setUp({ maxInFlight: 1 });
    await expect(pacer.run(undefined, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    await expect(pacer.run(undefined, () => Promise.resolve("next"))).resolves.toBe("next");
  });
});

describe("the gate", () => {
  const open = { requestsPerSecond: Number.POSITIVE_INFINITY };

  test("closes for all, those that wait for their turn included", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 }, () => 0);
    const running = run(pacer, time, 5, 0);
    await time.sleep(500);
    pacer.close(10_000);
    const { starts } = await running;
    expect(starts[0]).toBe(0);
    expect(Math.min(...starts.slice(1))).toBe(10_500);
  });

  test("closes for a request that takes over the place of the one that was put off", async () => {
    const { time, pacer } = setUp({ ...open, maxInFlight: 1 }, () => 0);
    const starts: number[] = [];
    const first = pacer.run(undefined, async () => starts.push(time.now())).then(() => pacer.close(1000));
    const second = pacer.run(undefined, async () => starts.push(time.now()));
    await Promise.all([first, second]);
    expect(starts).toEqual([0, 1000]);
  });

  test("is left spread over a fifth of the time it was closed, not at one instant", async () => {
    let next = 0;
    const { time, pacer } = setUp({ ...open, maxInFlight: 10 }, () => next++ / 10);
    pacer.close(10_000);
    const { starts } = await run(pacer, time, 10, 0);
    expect(starts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => 10_000 + 200 * tenth));
  });

  test("that is closed for longer lets nobody out earlier, and a shorter time does not open it", async () => {
    const { time, pacer } = setUp(open, () => 0);
    const running = run(pacer, time, 1, 0);
    pacer.close(5000);
    await time.sleep(4000);
    pacer.close(10_000);
    pacer.close(500);
    expect((await running).starts).toEqual([14_000]);
  });

  test("keeps the spacing after it has opened", async () => {
    const { time, pacer } = setUp({ requestsPerSecond: 1 }, () => 0);
    pacer.close(2000);
    const { starts } = await run(pacer, time, 3, 0);
    expect(starts[0]).toBe(2000);
    expectPace(starts, 1000);
  });

  test("that closes again before it has opened counts each moment once as throttled", async () => {
    const { time, pacer } = setUp(open);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([0, 0]);
    pacer.close(1000);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([0, 1000]);
    await time.sleep(400);
    pacer.close(1000);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([400, 1000]);
    pacer.close(200);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([400, 1000]);
    await time.sleep(5000);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([1400, 0]);
    pacer.close(300);
    await time.sleep(300);
    expect([pacer.throttledMs, pacer.closedForMs]).toEqual([1700, 0]);
  });

  test("stays closed no longer than maxThrottledMs, however much was asked for", () => {
    const { pacer } = setUp({ maxThrottledMs: 60_000 });
    expect(pacer.close(1e23)).toBe(true);
    expect(pacer.closedForMs).toBe(60_000);
  });

  test("gives up once nothing but 429 has come for maxThrottledMs", async () => {
    const { time, pacer } = setUp({ maxThrottledMs: 10_000 });
    expect(pacer.close(5000)).toBe(true);
    await time.sleep(5000);
    expect(pacer.close(50_000)).toBe(true);
    expect(pacer.closedForMs).toBe(5000);
    await time.sleep(5000);
    expect(pacer.close(5000)).toBe(false);
  });

  test("starts to count anew after any other answer", async () => {
    const { time, pacer } = setUp({ maxThrottledMs: 10_000 });
    expect(pacer.close(5000)).toBe(true);
    await time.sleep(9000);
    pacer.answered();
    expect(pacer.close(9000)).toBe(true);
    expect(pacer.closedForMs).toBe(9000);
  });
});

describe("an abort leaves no place lost and no listener", () => {
  const reason = new Error("enough");

  async function expectIntact(pacer: Pacer, time: VirtualTime, signal: AbortSignal, maxInFlight: number) {
    await idle();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    const { most } = await run(pacer, time, 3 * maxInFlight, 10_000);
    expect(most).toBe(maxInFlight);
    expect(time.asleep).toBe(0);
  }

  test("before anything was asked for", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 });
    const signal = AbortSignal.abort(reason);
    await expect(pacer.run(signal, () => Promise.resolve())).rejects.toBe(reason);
    await expectIntact(pacer, time, signal, 2);
  });

  test("while it waits for a place", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    const running = run(pacer, time, 2, 10_000);
    const waiting = [1, 2].map(() => pacer.run(controller.signal, () => Promise.reject(new Error("ran"))));
    await time.sleep(5000);
    controller.abort(reason);
    for (const request of waiting) await expect(request).rejects.toBe(reason);
    await running;
    await expectIntact(pacer, time, controller.signal, 2);
  });

  test("while it waits for its turn", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    await run(pacer, time, 1, 0);
    const waiting = pacer.run(controller.signal, () => Promise.reject(new Error("ran")));
    await time.sleep(500);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expectIntact(pacer, time, controller.signal, 2);
  });

  test("while it waits at the gate", async () => {
    const { time, pacer } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    pacer.close(10_000);
    const waiting = [1, 2, 3].map(() => pacer.run(controller.signal, () => Promise.reject(new Error("ran"))));
    await time.sleep(500);
    controller.abort(reason);
    for (const request of waiting) await expect(request).rejects.toBe(reason);
    await expectIntact(pacer, time, controller.signal, 2);
  });

  test("at the moment at which it is given a place", async () => {
    const { time, pacer } = setUp({ maxInFlight: 1 });
    const controller = new AbortController();
    let answer = (): void => {};
    const request = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const first = pacer.run(undefined, () => request);
    const waiting = pacer.run(controller.signal, () => Promise.reject(new Error("ran")));
    await idle();
    // Heard after the pacer has handed the place on, and before the one that waits for it has noticed.
    void request.then(() => controller.abort(reason));
    answer();
    await first;
    await expect(waiting).rejects.toBe(reason);
    await expectIntact(pacer, time, controller.signal, 1);
  });

  test("once it runs, since the request ends by itself", async () => {
    const { time, pacer } = setUp({ maxInFlight: 1 });
    const controller = new AbortController();
    const running = pacer.run(controller.signal, () => time.sleep(1000).then(() => "answer"));
    await time.sleep(500);
    controller.abort(reason);
    await expect(running).resolves.toBe("answer");
    await expectIntact(pacer, time, controller.signal, 1);
  });
});
