import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { Runtime } from "../../src/runtime.ts";
import { InFlight } from "../../src/transport/in-flight.ts";
import { RateLimiter, turnLengthMs } from "../../src/transport/rate-limiter.ts";
import { expectPace } from "../support/scripted-api.ts";
import { idle, type VirtualTime, virtualTime } from "../support/virtual-time.ts";

/** Both limits in the order in which a request meets them. */
class Limits {
  readonly rate: RateLimiter;
  readonly #inFlight: InFlight;

  constructor(requestsPerSecond: number, maxInFlight: number, runtime: Runtime) {
    this.rate = new RateLimiter(requestsPerSecond, runtime);
    this.#inFlight = new InFlight(maxInFlight);
  }

  async run<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    await this.#inFlight.enter(signal);
    try {
      await this.rate.turn(signal);
      return await request();
    } finally {
      this.#inFlight.leave();
    }
  }
}

function setUp({ requestsPerSecond = 1, maxInFlight = 4 } = {}, random?: () => number) {
  const time = virtualTime(random);
  const limits = new Limits(requestsPerSecond, maxInFlight, time);
  return { time, limits };
}

/** Runs requests that take `ms` each, all asked for at once; tells when each started and how many were outstanding. */
async function run(limits: Limits, time: VirtualTime, count: number, ms: number) {
  const starts: number[] = [];
  let outstanding = 0;
  let most = 0;
  const request = async () => {
    starts.push(time.now());
    most = Math.max(most, ++outstanding);
    await time.sleep(ms);
    outstanding--;
  };
  await Promise.all(Array.from({ length: count }, () => limits.run(undefined, request)));
  return { starts, most };
}

describe("spacing", () => {
  test("the first request starts at once, the others 1 / requestsPerSecond after the one before", async () => {
    const { time, limits } = setUp({ requestsPerSecond: 4 });
    const { starts } = await run(limits, time, 5, 0);
    expect(starts[0]).toBe(0);
    expectPace(starts, 250);
    expect(limits.rate.intervalMs).toBe(250);
  });

  test("a latency of several seconds does not lower the rate", async () => {
    const { time, limits } = setUp({ maxInFlight: 4 });
    const { starts, most } = await run(limits, time, 10, 3900);
    expectPace(starts, 1000);
    expect(most).toBe(4);
  });

  test("no more than maxInFlight requests are outstanding", async () => {
    const { time, limits } = setUp({ requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 3 });
    const { starts, most } = await run(limits, time, 9, 10);
    expect(most).toBe(3);
    expect(starts).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20]);
  });

  test("time in which nothing was asked for gives no burst afterwards", async () => {
    const { time, limits } = setUp();
    await run(limits, time, 1, 0);
    await time.sleep(10_000);
    const { starts } = await run(limits, time, 3, 0);
    expectPace(starts, 1000);
  });

  test("a timer that fires late is made up for, a longer stall is not", async () => {
    async function startsWith(late: number[]) {
      const time = virtualTime();
      const clumsy = { ...time, sleep: (ms: number) => time.sleep(ms + (late.shift() ?? 0)) };
      const limits = new Limits(1, 1, clumsy);
      const starts: number[] = [];
      const request = async () => starts.push(time.now());
      await Promise.all(Array.from({ length: 6 }, () => limits.run(undefined, request)));
      return starts;
    }
    const punctual = await startsWith([]);
    const clumsy = await startsWith([0, 3, 0, 400, 0]);
    expect(clumsy.map((start, i) => start - punctual[i]!)).toEqual([0, 0, 3, 0, 400, 395]);
  });

  test("after the first, which follows a pause, all turns are equally long, and one that comes late moves those after it", async () => {
    const { time, limits } = setUp();
    const { starts } = await run(limits, time, 6, 0);
    expect(starts).toEqual([0, 1200, 2220, 3240, 4260, 5280]);
    await time.sleep(6301 - time.now());
    expect((await run(limits, time, 2, 0)).starts).toEqual([6301, 7321]);
  });

  test("a turn is longer after a pause of four seconds, in which the connection may have been closed", () => {
    expect([turnLengthMs(1000, 3999), turnLengthMs(1000, 4000)]).toEqual([1020, 1200]);
  });

  test("requests start in the order in which they were asked for", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 });
    const order: number[] = [];
    const request = (i: number) => async () => {
      order.push(i);
      await time.sleep(10);
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map((i) => limits.run(undefined, request(i))));
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a request that fails gives its place back", async () => {
    const { limits } = setUp({ maxInFlight: 1 });
    await expect(limits.run(undefined, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    await expect(limits.run(undefined, () => Promise.resolve("next"))).resolves.toBe("next");
  });
});

describe("a cooldown", () => {
  const open = { requestsPerSecond: Number.POSITIVE_INFINITY };

  test("makes all wait, those that wait for their turn included", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 }, () => 0);
    const running = run(limits, time, 5, 0);
    await time.sleep(500);
    limits.rate.pause(10_000);
    const { starts } = await running;
    expect(starts[0]).toBe(0);
    expect(Math.min(...starts.slice(1))).toBe(10_500);
  });

  test("makes a request wait that enters after the throttled one", async () => {
    const { time, limits } = setUp({ ...open, maxInFlight: 1 }, () => 0);
    const starts: number[] = [];
    const first = limits
      .run(undefined, async () => starts.push(time.now()))
      .then(() => limits.rate.pause(1000));
    const second = limits.run(undefined, async () => starts.push(time.now()));
    await Promise.all([first, second]);
    expect(starts).toEqual([0, 1000]);
  });

  test("is followed by starts spread over a fifth of its length, not by all at once", async () => {
    const { time, limits } = setUp({ ...open, maxInFlight: 10 }, () => 0.5);
    limits.rate.pause(10_000);
    const { starts } = await run(limits, time, 10, 0);
    expect(starts.slice(0, 3)).toEqual([11_000, 11_500, 11_750]);
    expect(new Set(starts).size).toBe(10);
    expect(Math.max(...starts)).toBeLessThan(12_000);
  });

  test("can be prolonged, and not be cut short", async () => {
    const { time, limits } = setUp(open, () => 0);
    const running = run(limits, time, 1, 0);
    limits.rate.pause(5000);
    await time.sleep(4000);
    limits.rate.pause(10_000);
    limits.rate.pause(500);
    expect((await running).starts).toEqual([14_000]);
  });

  test("stays as it is if another one would end at the same time", async () => {
    const { time, limits } = setUp(open);
    limits.rate.pause(1000);
    await time.sleep(400);
    limits.rate.pause(600);
    expect((await run(limits, time, 1, 0)).starts).toEqual([1100]);
  });

  test("starts for all others even if the one that asks for it has given up", async () => {
    const { limits } = setUp(open);
    await limits.rate.pause(1000, AbortSignal.abort());
    expect(limits.rate.throttledForMs).toBe(1000);
  });

  test("is followed by the usual spacing", async () => {
    const { time, limits } = setUp({ requestsPerSecond: 1 }, () => 0);
    limits.rate.pause(2000);
    const { starts } = await run(limits, time, 3, 0);
    expect(starts[0]).toBe(2000);
    expectPace(starts, 1000);
  });

  test("that is prolonged counts each moment once as throttled", async () => {
    const { time, limits } = setUp(open);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([0, 0]);
    limits.rate.pause(1000);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([0, 1000]);
    await time.sleep(400);
    limits.rate.pause(1000);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([400, 1000]);
    limits.rate.pause(200);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([400, 1000]);
    await time.sleep(5000);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([1400, 0]);
    limits.rate.pause(300);
    await time.sleep(300);
    expect([limits.rate.throttledMs, limits.rate.throttledForMs]).toEqual([1700, 0]);
  });
});

describe("an abort leaves no place lost and no listener", () => {
  const reason = new Error("enough");

  async function expectIntact(limits: Limits, time: VirtualTime, signal: AbortSignal, maxInFlight: number) {
    await idle();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    const { most } = await run(limits, time, 3 * maxInFlight, 10_000);
    expect(most).toBe(maxInFlight);
    expect(time.asleep).toBe(0);
  }

  test("before anything was asked for", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 });
    const signal = AbortSignal.abort(reason);
    await expect(limits.run(signal, () => Promise.resolve())).rejects.toBe(reason);
    await expectIntact(limits, time, signal, 2);
  });

  test("while it waits for a place", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    const running = run(limits, time, 2, 10_000);
    const waiting = [1, 2].map(() => limits.run(controller.signal, () => Promise.reject(new Error("ran"))));
    await time.sleep(5000);
    controller.abort(reason);
    for (const request of waiting) await expect(request).rejects.toBe(reason);
    await running;
    await expectIntact(limits, time, controller.signal, 2);
  });

  test("while it waits for a place behind another", async () => {
    const inFlight = new InFlight(1);
    const admitted: string[] = [];
    await inFlight.enter(undefined);
    const first = inFlight.enter(undefined).then(() => admitted.push("first"));
    const controller = new AbortController();
    const second = inFlight.enter(controller.signal);
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(admitted).toEqual([]);
    inFlight.leave();
    await first;
  });

  test("while it waits for its turn", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    await run(limits, time, 1, 0);
    const waiting = limits.run(controller.signal, () => Promise.reject(new Error("ran")));
    await time.sleep(500);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expectIntact(limits, time, controller.signal, 2);
  });

  test("during a cooldown", async () => {
    const { time, limits } = setUp({ maxInFlight: 2 });
    const controller = new AbortController();
    limits.rate.pause(10_000);
    const waiting = [1, 2, 3].map(() =>
      limits.run(controller.signal, () => Promise.reject(new Error("ran"))),
    );
    await time.sleep(500);
    controller.abort(reason);
    for (const request of waiting) await expect(request).rejects.toBe(reason);
    await expectIntact(limits, time, controller.signal, 2);
  });

  test("at the moment at which it is given a place", async () => {
    const { time, limits } = setUp({ maxInFlight: 1 });
    const controller = new AbortController();
    let answer = (): void => {};
    const request = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const first = limits.run(undefined, () => request);
    const waiting = limits.run(controller.signal, () => Promise.reject(new Error("ran")));
    await idle();
    // Runs after the place was handed on, and before the one that waits for it has noticed.
    void request.then(() => controller.abort(reason));
    answer();
    await first;
    await expect(waiting).rejects.toBe(reason);
    await expectIntact(limits, time, controller.signal, 1);
  });

  test("once it runs, since the request ends by itself", async () => {
    const { time, limits } = setUp({ maxInFlight: 1 });
    const controller = new AbortController();
    const running = limits.run(controller.signal, () => time.sleep(1000).then(() => "answer"));
    await time.sleep(500);
    controller.abort(reason);
    await expect(running).resolves.toBe("answer");
    await expectIntact(limits, time, controller.signal, 1);
  });
});
