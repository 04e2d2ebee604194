import { describe, expect, it } from "vitest";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { clockAt, post, start, tokenOf, view } from "../support/fake.ts";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);

describe("accepted requests", () => {
  it("with a common id are applied in any order: a client that does not wait ends in the wrong state", async () => {
    const last = new Set<unknown>();
    for (const seed of SEEDS) {
      const fake = await start({ seed, indexLag: { requests: 100 } });
      await post(fake, [add("a")]);
      await post(fake, [remove("a")]);
      await fake.settled();
      last.add(fake.audience("vips").members.has("a"));
    }
    expect(last).toEqual(new Set([true, false]));
  });

  it("are applied in the order of arrival with fifo", async () => {
    for (const seed of SEEDS) {
      const fake = await start({ seed, indexLag: { requests: 100 }, order: "fifo" });
      for (let n = 0; n < 10; n++) await post(fake, [addWith("a", { n })]);
      await fake.settled();
      expect(fake.audience("vips").members).toEqual(new Map([["a", { n: 9 }]]));
    }
  });

  it.each(["random", "fifo"] as const)(
    "wait no longer than the lag, counted in requests: %s",
    async (order) => {
      let waited = 0;
      for (const seed of SEEDS) {
        const fake = await start({ seed, indexLag: { requests: 8 }, order });
        for (let n = 0; n < 4; n++) await post(fake, [add(`${n}`)]);
        if (fake.audience("vips").members.size < 4) waited++;
        for (let poll = 0; poll < 8; poll++) await view(fake, { name: "any" });
        expect(fake.audience("vips").members.size).toBe(4);
      }
      expect(waited).toBeGreaterThan(5);
    },
  );

  it("wait no longer than the lag, counted in milliseconds, and need no request to be applied", async () => {
    let now = 0;
    const fake = await start(
      { indexLag: { ms: 1000 } },
      clockAt(() => now),
    );
    for (let n = 0; n < 20; n++) await post(fake, [add(`${n}`)]);
    const sizes = [];
    for (now of [0, 500, 1000]) sizes.push(fake.audience("vips").members.size);
    expect(sizes[0]).toBeLessThan(3);
    expect(sizes[1]).toBeGreaterThan(3);
    expect(sizes[1]).toBeLessThan(17);
    expect(sizes[2]).toBe(20);
  });

  it("are applied each as a whole", async () => {
    const fake = await start({ indexLag: { requests: 20 } });
    for (let n = 0; n < 10; n++) {
      await post(fake, adds(100, n * 100));
      expect(fake.audience("vips").members.size % 100).toBe(0);
    }
  });
});

describe("a big load", () => {
  it("of 1,000,000 actions over 400,000 ids is taken in requests of 10,000", async () => {
    const fake = await start({ indexLag: { requests: 10 }, log: false });
    for (let window = 0; window < 100; window++) {
      const response = await post(fake, adds(10_000, (window % 40) * 10_000));
      expect(await tokenOf(response)).toHaveLength(32);
    }
    await fake.settled();
    expect(fake.audience("vips").members.size).toBe(400_000);
    expect(fake.violations).toEqual([]);
  });
});
