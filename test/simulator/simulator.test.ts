import { describe, expect, it } from "vitest";
import { add, adds, post, remove, stateOf, tokenOf, until, view } from "./client.ts";
import { startSimulator } from "./server.ts";
import { start } from "./start.ts";

describe("an accepted update", () => {
  it("is answered with 202 and a token, and becomes the state of the audience", async () => {
    const sim = await start();
    const response = await post(sim.url, [add("a", { city: "Paris" }), add("b"), remove("c")]);
    expect(response.status).toBe(202);
    expect(await tokenOf(response)).toMatch(/^[0-9a-f]{32}$/);
    expect(sim.audience("vips")).toEqual(
      new Map([
        ["a", { city: "Paris" }],
        ["b", {}],
      ]),
    );
  });

  it("lets the last action of an id win", async () => {
    const sim = await start();
    await post(sim.url, [add("a"), remove("a"), remove("b"), add("b", { m: 1 }), add("b", { n: 2 })]);
    expect(sim.audience("vips")).toEqual(new Map([["b", { n: 2 }]]));
  });

  it("keeps audiences and prototype names apart", async () => {
    const sim = await start();
    await post(sim.url, [add("__proto__"), add("constructor")], { name: "one" });
    await post(sim.url, [add("a")], { name: "two" });
    expect([...sim.audience("one").keys()]).toEqual(["__proto__", "constructor"]);
    expect([...sim.audience("two").keys()]).toEqual(["a"]);
  });

  it("takes 10,000 ids in one request", async () => {
    const sim = await start();
    expect((await post(sim.url, adds(10_000))).status).toBe(202);
    expect(sim.audience("vips").size).toBe(10_000);
  });
});

describe("view", () => {
  it("describes the audience", async () => {
    const sim = await start();
    await post(sim.url, adds(3));
    const body = await (await view(sim.url)).json();
    expect(body).toMatchObject({ name: "vips", type: "CUSTOM_ID", nb_ids: 3, indexing_state: "APPLIED" });
  });

  it("tells whether the request of a token was applied, whatever else is waiting", async () => {
    const sim = await start({ lag: { requests: 3 }, order: "fifo", seed: 4 });
    const first = await tokenOf(await post(sim.url, [add("a")]));
    const states: string[] = [];
    for (let poll = 0; poll < 4; poll++) {
      states.push(await stateOf(await view(sim.url, { name: "vips", indexing_token: first })));
      expect(sim.audience("vips").has("a")).toBe(states[poll] === "APPLIED");
    }
    expect(states[0]).toBe("IN_PROGRESS");
    expect(states[3]).toBe("APPLIED");
  });

  it("without a token covers requests whose answer never reached the client", async () => {
    let now = 0;
    const script = [{ breakage: "reset", afterWork: true } as const];
    const sim = await start({ lag: { ms: 1000 }, now: () => now, script });
    await expect(post(sim.url, [add("a")])).rejects.toThrow();
    expect(await stateOf(await view(sim.url))).toBe("IN_PROGRESS");
    expect(await stateOf(await view(sim.url, { name: "other" }))).toBe("APPLIED");
    now = 1000;
    expect(await stateOf(await view(sim.url))).toBe("APPLIED");
  });

  it("answers 404 for an unknown token, a token of another audience, and for a hidden one's first views", async () => {
    const sim = await start({ hiddenViews: 2 });
    const indexing_token = await tokenOf(await post(sim.url, [add("a")]));
    expect((await view(sim.url, { name: "vips", indexing_token: "unknown" })).status).toBe(404);
    expect((await view(sim.url, { name: "other", indexing_token })).status).toBe(404);
    const statuses = [];
    for (let poll = 0; poll < 3; poll++) {
      statuses.push((await view(sim.url, { name: "vips", indexing_token })).status);
    }
    expect(statuses).toEqual([404, 404, 200]);
  });

  it("spells what is not finished as it was asked to", async () => {
    const sim = await start({ lag: { ms: 1000 }, now: () => 0, spelling: "IN_PROCESS" });
    await post(sim.url, [add("a")]);
    expect(await stateOf(await view(sim.url))).toBe("IN_PROCESS");
  });

  it("reports REPLACED for what was issued before a replacement, and the audience is empty", async () => {
    const sim = await start({ lag: { ms: 1000 }, now: () => 0 });
    await post(sim.url, [add("b")]);
    sim.settle();
    const indexing_token = await tokenOf(await post(sim.url, [add("a")]));
    expect([...sim.audience("vips").keys()]).toEqual(["b"]);
    const later = await tokenOf(await post(sim.url, [add("a")], { name: "other" }));
    sim.replace("vips");
    sim.settle();
    expect(sim.audience("vips").size).toBe(0);
    expect(await stateOf(await view(sim.url, { name: "vips", indexing_token }))).toBe("REPLACED");
    expect(await stateOf(await view(sim.url, { name: "other", indexing_token: later }))).toBe("APPLIED");
  });
});

describe("the simulator", () => {
  it("logs what it received, and only when asked to", async () => {
    let now = 5;
    const sim = await start({ now: () => now++ });
    const token = await tokenOf(await post(sim.url, adds(2)));
    expect(sim.requests).toEqual([
      {
        number: 1,
        route: "POST /audiences/update",
        at: 5,
        endedAt: 6,
        bytes: 81,
        audience: "vips",
        ids: ["id-0", "id-1"],
        accepted: true,
        token,
        status: 202,
      },
    ]);
    const silent = await start({ log: false });
    await post(silent.url, adds(2));
    expect(silent.requests).toEqual([]);
    expect(silent.counts).toMatchObject({ requests: 1, updates: 1, accepted: 1 });
  });

  it("tells of each request when it arrives, before it has an answer", async () => {
    const seen: [string, number | undefined][] = [];
    const sim = await start({ onRequest: ({ route, status }) => seen.push([route, status]) });
    await post(sim.url, adds(1));
    await view(sim.url);
    expect(seen).toEqual([
      ["POST /audiences/update", undefined],
      ["GET /audiences/view", undefined],
    ]);
  });

  it("accepts anything unread when it only drains", async () => {
    const sim = await start({ drainOnly: true });
    const response = await post(sim.url, [], { body: "x".repeat(1_000_000) });
    expect(response.status).toBe(202);
    expect(
      await stateOf(await view(sim.url, { name: "vips", indexing_token: await tokenOf(response) })),
    ).toBe("APPLIED");
    expect(sim.requests[0]?.bytes).toBe(1_000_000);
  });

  it("ends every connection when it is closed, also one that waits for its answer", async () => {
    const sim = await startSimulator({ script: [{ breakage: "hang" }, "ok"], latencyMs: () => 1e9 });
    const waiting = [post(sim.url, [add("a")]), post(sim.url, [add("b")])].map((sent) =>
      sent.catch(() => "ended"),
    );
    await until(() => sim.requests.length === 2);
    await until(() => sim.audience("vips").has("b"));
    await sim.close();
    expect(await Promise.all(waiting)).toEqual(["ended", "ended"]);
  });

  it("does not hide what goes wrong in itself behind a fault", async () => {
    const broken = () => {
      throw new Error("a mistake in a test");
    };
    const sim = await startSimulator({ refuse: broken });
    await expect(post(sim.url, [add("a")])).rejects.toThrow();
    await expect(sim.close()).rejects.toThrow("a mistake in a test");
  });
});
