import { describe, expect, it } from "vitest";
import type { Scripted } from "../../src/testing/faults.ts";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { clockAt, post, start, tokenOf, view } from "../support/fake.ts";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);

describe("accepted requests", () => {
  it("with an id in common end in whatever order, so that a client which does not wait ends in the wrong state", async () => {
    const last = new Set<unknown>();
    for (const seed of SEEDS) {
      const fake = await start({ seed, lag: { requests: 100 } });
      await post(fake.url, [add("a")]);
      await post(fake.url, [remove("a")]);
      fake.settle();
      last.add(fake.audience("vips").has("a"));
    }
    expect(last).toEqual(new Set([true, false]));
  });

  it("keep their order when told to", async () => {
    for (const seed of SEEDS) {
      const fake = await start({ seed, lag: { requests: 100 }, order: "fifo" });
      for (let n = 0; n < 10; n++) await post(fake.url, [addWith("a", { n })]);
      fake.settle();
      expect(fake.audience("vips")).toEqual(new Map([["a", { n: 9 }]]));
    }
  });

  it.each(["random", "fifo"] as const)(
    "wait no longer than the lag, counted in requests: %s",
    async (order) => {
      let waited = 0;
      for (const seed of SEEDS) {
        const fake = await start({ seed, lag: { requests: 8 }, order });
        for (let n = 0; n < 4; n++) await post(fake.url, [add(`${n}`)]);
        if (fake.audience("vips").size < 4) waited++;
        for (let poll = 0; poll < 8; poll++) await view(fake.url, { name: "any" });
        expect(fake.audience("vips").size).toBe(4);
      }
      expect(waited).toBeGreaterThan(5);
    },
  );

  it("wait no longer than the lag, counted in milliseconds, and need no request to be applied", async () => {
    let now = 0;
    const fake = await start(
      { lag: { ms: 1000 } },
      clockAt(() => now),
    );
    for (let n = 0; n < 20; n++) await post(fake.url, [add(`${n}`)]);
    const sizes = [];
    for (now of [0, 500, 1000]) sizes.push(fake.audience("vips").size);
    expect(sizes[0]).toBeLessThan(3);
    expect(sizes[1]).toBeGreaterThan(3);
    expect(sizes[1]).toBeLessThan(17);
    expect(sizes[2]).toBe(20);
  });

  it("are applied each as a whole", async () => {
    const fake = await start({ lag: { requests: 20 } });
    for (let n = 0; n < 10; n++) {
      await post(fake.url, adds(100, n * 100));
      expect(fake.audience("vips").size % 100).toBe(0);
    }
  });
});

describe("violations", () => {
  it("are none for a client that waits for each answer, through faults of all kinds", async () => {
    const faults = { reset: 0.2, truncated: 0.2, serverError: 0.2, noToken: 0.1 };
    const fake = await start({ faults, lag: { requests: 30 } });
    for (let n = 0; n < 60; n++)
      await post(fake.url, adds(50))
        .then((response) => response.text())
        .catch(() => "");
    expect(fake.counts.faults).toBeGreaterThan(20);
    expect(fake.violations).toEqual([]);
  });

  it("name an id that is twice in one request", async () => {
    const fake = await start();
    await post(fake.url, [add("a"), add("b"), remove("a")]);
    expect(fake.violations).toEqual([{ rule: "an id twice in one request", requests: [1], id: "a" }]);
  });

  it("are kept up to a thousand", async () => {
    const fake = await start();
    await post(
      fake.url,
      Array.from({ length: 1500 }, () => add("a")),
    );
    expect(fake.violations).toHaveLength(1000);
  });

  it("name two requests with a common id that are outstanding together", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    post(fake.url, adds(10)).catch(() => {});
    await until(() => fake.requests[0]?.ids !== undefined);
    await post(fake.url, adds(10, 9));
    expect(fake.violations).toEqual([{ rule: "outstanding together", requests: [1, 2], id: "9" }]);
  });

  it.each<Scripted>(["ok", { breakage: "reset" }])(
    "are found when the later of the two is read first, and has ended by then: %o",
    async (later) => {
      const fake = await start({ script: ["ok", later] });
      const slow = new TransformStream<Uint8Array, Uint8Array>();
      const writer = slow.writable.getWriter();
      const body = new TextEncoder().encode(JSON.stringify({ name: "vips", ids: adds(1) }));
      const first = post(fake.url, [], { body: slow.readable, duplex: "half" } as RequestInit);
      await writer.write(body.slice(0, 10));
      await until(() => fake.requests.length === 1);
      await post(fake.url, adds(1)).catch(() => {});
      expect(fake.violations).toEqual([]);
      await writer.write(body.slice(10));
      await writer.close();
      await first;
      expect(fake.violations).toEqual([{ rule: "outstanding together", requests: [2, 1], id: "0" }]);
    },
  );

  it("are none for two that share no id, or not the audience", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    post(fake.url, adds(10)).catch(() => {});
    await until(() => fake.requests[0]?.ids !== undefined);
    await post(fake.url, adds(10, 10));
    await post(fake.url, adds(10), { name: "other" });
    expect(fake.violations).toEqual([]);
  });

  it("are none for a client that gives a request up and sends it again at once", async () => {
    const fake = await start({ script: ({ number }) => (number % 2 === 1 ? { breakage: "hang" } : "ok") });
    for (let round = 0; round < 50; round++) {
      const abort = new AbortController();
      const given = post(fake.url, adds(10), { signal: abort.signal }).catch(() => {});
      await until(() => fake.requests[round * 2]?.ids !== undefined);
      abort.abort();
      await Promise.all([given, post(fake.url, adds(10))]);
    }
    expect(fake.violations).toEqual([]);
  });

  it("name a request that comes sooner than the bucket allows, which is refused", async () => {
    let now = 0;
    const fake = await start(
      { bucket: { ratePerSecond: 3, burst: 2 }, retryAfter: "1" },
      clockAt(() => now),
    );
    const statuses = [];
    for (now of [0, 0, 0, 333, 334, 500, 668, 5000, 5000, 5000]) {
      const response = await post(fake.url, adds(1));
      statuses.push(response.status);
      expect(response.headers.get("retry-after")).toBe(response.status === 429 ? "1" : null);
    }
    expect(statuses).toEqual([202, 202, 429, 429, 202, 429, 202, 202, 202, 429]);
    expect(fake.counts).toMatchObject({ throttled: 4, accepted: 6 });
    expect(fake.violations.map(({ rule, requests }) => [rule, ...requests])).toEqual(
      [3, 4, 6, 10].map((number) => ["too fast", number]),
    );
  });

  it("are none for a client that a throttle refuses by number", async () => {
    const fake = await start({ throttle: (number) => number <= 2 });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await view(fake.url)).status);
    expect(statuses).toEqual([429, 429, 200]);
    expect(fake.counts.throttled).toBe(2);
    expect(fake.violations).toEqual([]);
  });
});

describe("a big load", () => {
  it("of 1,000,000 actions over 400,000 ids is taken in requests of 10,000", async () => {
    const fake = await start({ lag: { requests: 10 }, log: false });
    for (let window = 0; window < 100; window++) {
      const response = await post(fake.url, adds(10_000, (window % 40) * 10_000));
      expect(await tokenOf(response)).toHaveLength(32);
    }
    fake.settle();
    expect(fake.audience("vips").size).toBe(400_000);
    expect(fake.violations).toEqual([]);
  });
});
