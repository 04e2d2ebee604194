// The rules that a fake holds its clients to.

import { describe, expect, it } from "vitest";
import type { Scripted } from "../../src/testing/index.ts";
import { add, adds, remove } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { post, TRANSPORTS, view } from "../support/fake.ts";

describe.each(TRANSPORTS)("violations %s", (_, start) => {
  it("are none for a client that waits for each answer, through faults of all kinds", async () => {
    const faults = { reset: 0.2, truncated: 0.2, serverError: 0.2, noToken: 0.1 };
    const fake = await start({ faults, indexLag: { requests: 30 } });
    for (let n = 0; n < 60; n++)
      await post(fake, adds(50))
        .then((response) => response.text())
        .catch(() => "");
    expect(fake.counts.faults).toBeGreaterThan(20);
    expect(fake.violations).toEqual([]);
  });

  it("name an id that is twice in one request", async () => {
    const fake = await start();
    await post(fake, [add("a"), add("b"), remove("a")]);
    expect(fake.violations).toEqual([{ rule: "an id twice in one request", requests: [1], id: "a" }]);
  });

  it("are kept up to a thousand", async () => {
    const fake = await start();
    await post(
      fake,
      Array.from({ length: 1500 }, () => add("a")),
    );
    expect(fake.violations).toHaveLength(1000);
  });

  it("name two requests with a common id that are outstanding together", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    post(fake, adds(10)).catch(() => {});
    await until(() => fake.requests[0]?.ids !== undefined);
    await post(fake, adds(10, 9));
    expect(fake.violations).toEqual([{ rule: "outstanding together", requests: [1, 2], id: "9" }]);
  });

  it.each<Scripted>(["ok", { breakage: "reset" }])(
    "name two that overlap although the later one was read first and has ended: %o",
    async (later) => {
      const fake = await start({ script: ["ok", later] });
      const slow = new TransformStream<Uint8Array, Uint8Array>();
      const writer = slow.writable.getWriter();
      const body = new TextEncoder().encode(JSON.stringify({ name: "vips", ids: adds(1) }));
      const first = post(fake, [], { body: slow.readable, duplex: "half" } as RequestInit);
      await writer.write(body.slice(0, 10));
      await until(() => fake.requests.length === 1);
      await post(fake, adds(1)).catch(() => {});
      expect(fake.violations).toEqual([]);
      await writer.write(body.slice(10));
      await writer.close();
      await first;
      expect(fake.violations).toEqual([{ rule: "outstanding together", requests: [2, 1], id: "0" }]);
    },
  );

  it("are none for two that share no id, or not the audience", async () => {
    const fake = await start({ script: [{ breakage: "hang" }] });
    post(fake, adds(10)).catch(() => {});
    await until(() => fake.requests[0]?.ids !== undefined);
    await post(fake, adds(10, 10));
    await post(fake, adds(10), { name: "other" });
    expect(fake.violations).toEqual([]);
  });

  it("are none for a client that gives a request up and sends it again at once", async () => {
    const fake = await start({ script: ({ number }) => (number % 2 === 1 ? { breakage: "hang" } : "ok") });
    for (let round = 0; round < 50; round++) {
      const abort = new AbortController();
      const given = post(fake, adds(10), { signal: abort.signal }).catch(() => {});
      await until(() => fake.requests[round * 2]?.ids !== undefined);
      abort.abort();
      await Promise.all([given, post(fake, adds(10))]);
    }
    expect(fake.violations).toEqual([]);
  });

  it("name a request that comes sooner than the bucket allows, which is refused", async () => {
    let now = 0;
    const fake = await start({ requestsPerSecond: 3, burst: 2, retryAfter: "1" }, () => now);
    const statuses = [];
    for (now of [0, 0, 0, 333, 334, 500, 668, 5000, 5000, 5000]) {
      const response = await post(fake, adds(1));
      statuses.push(response.status);
      expect(response.headers.get("retry-after")).toBe(response.status === 429 ? "1" : null);
    }
    expect(statuses).toEqual([202, 202, 429, 429, 202, 429, 202, 202, 202, 429]);
    expect(fake.counts).toMatchObject({ throttled: 4, accepted: 6 });
    expect(fake.violations.map(({ rule, requests }) => [rule, ...requests])).toEqual(
      [3, 4, 6, 10].map((number) => ["too fast", number]),
    );
  });

  it("are none for a client that a script refuses by number", async () => {
    const fake = await start({ script: ({ number }) => (number <= 2 ? { status: 429 } : "ok") });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await view(fake)).status);
    expect(statuses).toEqual([429, 429, 200]);
    expect(fake.violations).toEqual([]);
  });

  it("name two requests whose order the indexing may upset", async () => {
    const fake = await start({ indexLag: { requests: 100 } });
    await post(fake, [add("a"), add("b")]);
    await post(fake, [remove("a"), add("b")]);
    await post(fake, [remove("a")], { name: "other" });
    expect(fake.violations).toEqual([
      { rule: "accepted while another action for the id was not applied", requests: [1, 2], id: "a" },
    ]);
  });

  it("are none once the earlier of the two is applied", async () => {
    const fake = await start({ indexLag: { requests: 3 } });
    await post(fake, [add("a")]);
    for (let n = 0; n < 3; n++) await view(fake);
    await post(fake, [remove("a")]);
    expect(fake.violations).toEqual([]);
  });
});
