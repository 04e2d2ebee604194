import { describe, expect, it } from "vitest";
import { add, addWith, remove } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { post, stateOf, TRANSPORTS, view } from "../support/fake.ts";
import type { Fake } from "../support/fake-server.ts";

const RESET = [{ breakage: "lateAfterReset" }] as const;
const HANG = [{ breakage: "lateAfterHang" }] as const;

const idsOf = (fake: Fake): string[] => [...fake.audience("vips").members.keys()];

describe.each(TRANSPORTS)("a request that arrives after its connection has ended, %s,", (_, start) => {
  it("is unknown to a client that asks for the audience at once", async () => {
    const fake = await start({ script: RESET });
    await expect(post(fake, [add("a")])).rejects.toThrow();
    expect(await stateOf(await view(fake))).toBe("APPLIED");
    expect(idsOf(fake)).toEqual([]);
    expect(fake.requests[0]).toMatchObject({ fault: "lateAfterReset", accepted: false });
    await view(fake);
    expect(idsOf(fake)).toEqual(["a"]);
    expect(fake.requests[0]).toMatchObject({ accepted: true, token: expect.any(String) });
    expect(fake.counts).toMatchObject({ requests: 3, accepted: 1, faults: 1 });
  });

  it("arrives after the given number of requests", async () => {
    const fake = await start({ script: RESET, lateBy: { requests: 3 } });
    await post(fake, [add("a")]).catch(() => {});
    const sizes = [];
    for (let n = 0; n < 4; n++) {
      await view(fake);
      sizes.push(fake.audience("vips").members.size);
    }
    expect(sizes).toEqual([0, 0, 0, 1]);
  });

  it("arrives after the given time, counted from when the client gave up", async () => {
    let now = 0;
    const fake = await start({ script: HANG, lateBy: { ms: 1000 } }, () => now);
    const abort = new AbortController();
    const sent = post(fake, [add("a")], { signal: abort.signal }).catch(() => "given up");
    await until(() => fake.requests[0]?.ids !== undefined);
    now = 5000;
    expect(idsOf(fake)).toEqual([]);
    abort.abort();
    expect(await sent).toBe("given up");
    await until(() => fake.requests[0]?.endedAt !== undefined);
    now = 5999;
    expect(idsOf(fake)).toEqual([]);
    now = 6000;
    expect(idsOf(fake)).toEqual(["a"]);
  });

  it("arrives also when the client gives up before the connection is reset", async () => {
    const fake = await start({ script: RESET, latencyMs: 1e9 });
    const abort = new AbortController();
    const sent = post(fake, [add("a")], { signal: abort.signal }).catch(() => "given up");
    await until(() => fake.requests[0]?.ids !== undefined);
    abort.abort();
    expect(await sent).toBe("given up");
    await until(() => fake.requests[0]?.endedAt !== undefined);
    await fake.settled();
    expect(idsOf(fake)).toEqual(["a"]);
  });

  it("undoes what was sent after it", async () => {
    const fake = await start({ script: RESET });
    await post(fake, [addWith("a", { n: 1 })]).catch(() => {});
    await post(fake, [remove("a")]);
    expect(idsOf(fake)).toEqual([]);
    await view(fake);
    expect(fake.audience("vips").members).toEqual(new Map([["a", { n: 1 }]]));
  });

  it("is a violation when another action for the id waits to be applied", async () => {
    const fake = await start({ script: RESET, indexLag: { requests: 100 } });
    await post(fake, [add("a")]).catch(() => {});
    await post(fake, [remove("a")]);
    expect(fake.violations).toEqual([]);
    await view(fake);
    expect(fake.violations).toEqual([
      { rule: "accepted while another action for the id was not applied", requests: [2, 1], id: "a" },
    ]);
  });

  it("arrives when everything is settled; a seed can cause it too", async () => {
    const fake = await start({ faults: { lateAfterReset: 1 }, lateBy: { ms: 1e9 } });
    for (const id of ["a", "b"]) await post(fake, [add(id)]).catch(() => {});
    expect(idsOf(fake)).toEqual([]);
    await fake.settled();
    expect(idsOf(fake).sort()).toEqual(["a", "b"]);
  });
});
