import { describe, expect, it } from "vitest";
import { html } from "../../src/testing/answers.ts";
import { createFakeBatch, type IndexingState, type RequestEntry } from "../../src/testing/index.ts";
import { VIEW } from "../../src/testing/routes.ts";
import { add, adds, addWith, remove } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { clockAt, post, start, stateOf, tokenOf, view } from "../support/fake.ts";
import { startFakeBatch } from "../support/fake-server.ts";

describe("an accepted update", () => {
  it("is answered with 202 and a token, and becomes the state of the audience", async () => {
    const fake = await start();
    const response = await post(fake, [addWith("a", { city: "Paris" }), add("b"), remove("c")]);
    expect(response.status).toBe(202);
    expect(await tokenOf(response)).toMatch(/^[0-9a-f]{32}$/);
    expect(fake.audience("vips").members).toEqual(
      new Map([
        ["a", { city: "Paris" }],
        ["b", {}],
      ]),
    );
  });

  it("lets the last action of an id win", async () => {
    const fake = await start();
    await post(fake, [add("a"), remove("a"), remove("b"), addWith("b", { m: 1 }), addWith("b", { n: 2 })]);
    expect(fake.audience("vips").members).toEqual(new Map([["b", { n: 2 }]]));
  });

  it("mixes up neither audiences nor ids that are names of Object.prototype", async () => {
    const fake = await start();
    await post(fake, [add("__proto__"), add("constructor")], { name: "one" });
    await post(fake, [add("a")], { name: "two" });
    expect([...fake.audience("one").members.keys()]).toEqual(["__proto__", "constructor"]);
    expect([...fake.audience("two").members.keys()]).toEqual(["a"]);
  });

  it("takes 10,000 ids in one request", async () => {
    const fake = await start();
    expect((await post(fake, adds(10_000))).status).toBe(202);
    expect(fake.audience("vips").members.size).toBe(10_000);
  });
});

describe("view", () => {
  it("describes the audience", async () => {
    const fake = await start();
    await post(fake, adds(3));
    const body = await (await view(fake)).json();
    expect(body).toMatchObject({ name: "vips", type: "CUSTOM_ID", nb_ids: 3, indexing_state: "APPLIED" });
  });

  it("shows whether the request of a token is applied, whatever else waits", async () => {
    const fake = await start({ indexLag: { requests: 3 }, order: "fifo", seed: 4 });
    const first = await tokenOf(await post(fake, [add("a")]));
    const states: string[] = [];
    for (let poll = 0; poll < 4; poll++) {
      states.push(await stateOf(await view(fake, { name: "vips", indexing_token: first })));
      expect(fake.audience("vips").members.has("a")).toBe(states[poll] === "APPLIED");
    }
    expect(states[0]).toBe("IN_PROGRESS");
    expect(states[3]).toBe("APPLIED");
  });

  it("without a token covers requests whose answer never reached the client", async () => {
    let now = 0;
    const script = [{ breakage: "reset", afterWork: true } as const];
    const fake = await start(
      { indexLag: { ms: 1000 }, script },
      clockAt(() => now),
    );
    await expect(post(fake, [add("a")])).rejects.toThrow();
    expect(await stateOf(await view(fake))).toBe("IN_PROGRESS");
    expect(await stateOf(await view(fake, { name: "other" }))).toBe("APPLIED");
    now = 1000;
    expect(await stateOf(await view(fake))).toBe("APPLIED");
  });

  it("answers 404 for an unknown token, a token of another audience, and for a hidden one's first views", async () => {
    const fake = await start({ hiddenViews: 2 });
    const indexing_token = await tokenOf(await post(fake, [add("a")]));
    expect((await view(fake, { name: "vips", indexing_token: "unknown" })).status).toBe(404);
    expect((await view(fake, { name: "other", indexing_token })).status).toBe(404);
    const statuses = [];
    for (let poll = 0; poll < 3; poll++) {
      statuses.push((await view(fake, { name: "vips", indexing_token })).status);
    }
    expect(statuses).toEqual([404, 404, 200]);
  });

  it("names the states as the options say, for one token and for the audience as a whole", async () => {
    const nameState = (state: IndexingState, audience: string, token: string | undefined) =>
      token === undefined ? `PENDING ${audience}` : state === "APPLIED" ? "FAILED" : "QUEUED";
    const fake = await start(
      { indexLag: { ms: 1000 }, nameState },
      clockAt(() => 0),
    );
    const indexing_token = await tokenOf(await post(fake, [add("a")]));
    expect(await stateOf(await view(fake))).toBe("PENDING vips");
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("QUEUED");
    await fake.settled();
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("FAILED");
  });

  it("shows an audience that another program writes to as IN_PROGRESS, for as long as the options say", async () => {
    const busy = (audience: string, { number }: RequestEntry) => audience === "vips" && number <= 3;
    const fake = await start({ busy });
    const indexing_token = await tokenOf(await post(fake, [add("a")]));
    expect(await stateOf(await view(fake))).toBe("IN_PROGRESS");
    expect(await stateOf(await view(fake, { name: "other" }))).toBe("APPLIED");
    expect(await stateOf(await view(fake))).toBe("APPLIED");
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("APPLIED");
  });

  it("shows the state of a token whatever another program writes", async () => {
    const fake = await start({ busy: () => true });
    const indexing_token = await tokenOf(await post(fake, [add("a")]));
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("APPLIED");
    expect(await stateOf(await view(fake))).toBe("IN_PROGRESS");
  });

  it("can fail with a page of HTML for a while, by a script, while updates are accepted", async () => {
    let now = 0;
    const script = ({ route, at }: RequestEntry) => (route === VIEW && at < 5000 ? html(500) : undefined);
    const fake = await start(
      { script },
      clockAt(() => now),
    );
    expect((await post(fake, [add("a")])).status).toBe(202);
    const response = await view(fake);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      500,
      "text/html; charset=utf-8",
    ]);
    expect(await response.text()).toContain("<html>");
    now = 5000;
    expect(await stateOf(await view(fake))).toBe("APPLIED");
  });

  it("reports REPLACED for what was issued before a replacement, and the audience is empty", async () => {
    const fake = await start(
      { indexLag: { ms: 1000 } },
      clockAt(() => 0),
    );
    await post(fake, [add("b")]);
    await fake.settled();
    const indexing_token = await tokenOf(await post(fake, [add("a")]));
    expect([...fake.audience("vips").members.keys()]).toEqual(["b"]);
    const later = await tokenOf(await post(fake, [add("a")], { name: "other" }));
    fake.replace("vips");
    await fake.settled();
    expect(fake.audience("vips").members.size).toBe(0);
    expect(await stateOf(await view(fake, { name: "vips", indexing_token }))).toBe("REPLACED");
    expect(await stateOf(await view(fake, { name: "other", indexing_token: later }))).toBe("APPLIED");
  });
});

describe("the fake", () => {
  it("records each request, unless log is false", async () => {
    let now = 5;
    const fake = await start(
      {},
      clockAt(() => now++),
    );
    const token = await tokenOf(await post(fake, adds(2)));
    expect(fake.requests).toEqual([
      {
        number: 1,
        route: "POST /audiences/update",
        at: 5,
        endedAt: 6,
        bytes: 75,
        audience: "vips",
        ids: ["0", "1"],
        accepted: true,
        token,
        status: 202,
      },
    ]);
    const silent = await start({ log: false });
    await post(silent, adds(2));
    expect(silent.requests).toEqual([]);
    expect(silent.counts).toMatchObject({ requests: 1, updates: 1, accepted: 1 });
  });

  it("calls onRequest when a request arrives, before it has an answer", async () => {
    const seen: [string, number | undefined][] = [];
    const fake = await start({ onRequest: ({ route, status }) => seen.push([route, status]) });
    await post(fake, adds(1));
    await view(fake);
    expect(seen).toEqual([
      ["POST /audiences/update", undefined],
      ["GET /audiences/view", undefined],
    ]);
  });

  it("accepts anything unread with drainOnly", async () => {
    const fake = await start({ drainOnly: true });
    const response = await post(fake, [], { body: "x".repeat(1_000_000) });
    expect(response.status).toBe(202);
    expect(await stateOf(await view(fake, { name: "vips", indexing_token: await tokenOf(response) }))).toBe(
      "APPLIED",
    );
    expect(fake.requests[0]?.bytes).toBe(1_000_000);
  });

  it("ends every connection when it is closed, also one that waits for its answer", async () => {
    const fake = await startFakeBatch({ script: [{ breakage: "hang" }, "ok"], latencyMs: () => 1e9 });
    const waiting = [post(fake, [add("a")]), post(fake, [add("b")])].map((sent) => sent.catch(() => "ended"));
    await until(() => fake.requests.length === 2);
    await until(() => fake.audience("vips").members.has("b"));
    await fake.close();
    expect(await Promise.all(waiting)).toEqual(["ended", "ended"]);
  });

  it("does not hide what a function in its options throws behind a fault", async () => {
    const refuse = () => {
      throw new Error("a mistake in a test");
    };
    const server = await startFakeBatch({ refuse });
    await expect(post(server, [add("a")])).rejects.toThrow();
    await expect(server.close()).rejects.toThrow("a mistake in a test");
    const inProcess = createFakeBatch({ refuse });
    await expect(post(inProcess, [add("a")])).rejects.toThrow();
    await expect(inProcess.settled()).rejects.toThrow("a mistake in a test");
    expect(() => inProcess.expectNoViolations()).toThrow("a mistake in a test");
  });
});
