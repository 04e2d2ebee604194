import { describe, expect, it } from "vitest";
import {
  type Breakage,
  decideFault,
  evenly,
  FAULT_KINDS,
  type FaultKind,
  type Work,
} from "../../src/testing/faults.ts";
import type { RequestEntry } from "../../src/testing/index.ts";
import { add, adds, addWith } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { clockAt, post, start, stateOf, TRANSPORTS, tokenOf, view } from "../support/fake.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { createRandom } from "../support/random.ts";
import { EPOCH } from "../support/virtual-time.ts";

/** A status and a body, or why there is none. */
async function outcome(sent: Promise<Response>): Promise<string> {
  const response = await sent.catch(() => undefined);
  if (response === undefined) return "no answer";
  const body = await response.text().catch(() => "cut off");
  return `${response.status} ${body.replace(/[0-9a-f]{32}/, "TOKEN")}`;
}

describe.each(TRANSPORTS)("a broken reply %s", (_, start) => {
  const replies: [Breakage, string][] = [
    ["reset", "no answer"],
    ["truncated", "202 cut off"],
    ["cutJson", '202 {"indexing_'],
    ["html", "202 <html><head>"],
  ];

  describe.each([true, false])("with the work done: %s", (afterWork) => {
    it.each(replies)("%s", async (breakage, expected) => {
      const fake = await start({ script: [{ breakage, afterWork }] });
      const seen = await outcome(post(fake, adds(3)));
      expect(seen.slice(0, expected.length)).toBe(expected);
      expect(fake.audience("vips").members.size).toBe(afterWork ? 3 : 0);
      expect(fake.requests[0]).toMatchObject({ fault: breakage, accepted: afterWork });
      expect((await post(fake, adds(3))).status).toBe(202);
    });

    it("hang", async () => {
      const fake = await start({ script: [{ breakage: "hang", afterWork }] });
      const abort = new AbortController();
      const sent = outcome(post(fake, adds(3), { signal: abort.signal }));
      await until(() => fake.requests[0]?.ids !== undefined);
      await until(() => fake.audience("vips").members.size === (afterWork ? 3 : 0));
      expect(fake.requests[0]?.endedAt).toBeUndefined();
      abort.abort();
      expect(await sent).toBe("no answer");
      await until(() => fake.requests[0]?.endedAt !== undefined);
    });
  });

  it("stops JSON half way under a length that fits it", async () => {
    const fake = await start({ script: [{ breakage: "cutJson" }] });
    const response = await post(fake, adds(1));
    const text = await response.text();
    expect(Number(response.headers.get("content-length") ?? text.length)).toBe(text.length);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it("resets the connection in the middle of a body, of which nothing is applied", async () => {
    const fake = await start({ script: [{ breakage: "resetMidRequest", afterWork: true }] });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const sent = outcome(post(fake, [], { body: readable, duplex: "half" } as RequestInit));
    const written = writable.getWriter().write(new TextEncoder().encode('{"name":"vips",'));
    written.catch(() => {});
    expect(await sent).toBe("no answer");
    expect(fake.requests[0]).toMatchObject({ accepted: false, bytes: 0 });
    expect(await outcome(view(fake))).toContain('"nb_ids":0');
  });

  it("leaves out the token of what was accepted", async () => {
    const fake = await start({ script: [{ breakage: "noToken" }] });
    expect(await outcome(post(fake, adds(3)))).toBe("202 {}");
    expect(fake.audience("vips").members.size).toBe(3);
  });

  it("strikes views as well", async () => {
    const breakages: Breakage[] = ["reset", "resetMidRequest", "truncated", "cutJson", "html", "redirect"];
    const fake = await start({ script: breakages.map((breakage) => ({ breakage, afterWork: true })) });
    const seen = [];
    for (const _ of breakages) seen.push((await outcome(view(fake))).slice(0, 10));
    expect(seen).toEqual(["no answer", "no answer", "200 cut of", '200 {"name', "200 <html>", "307 "]);
  });
});

describe("a redirect", () => {
  it("points to another origin, and to follow it is a violation", async () => {
    const fake = await start({ script: [{ breakage: "redirect" }, { breakage: "redirect" }] });
    const response = await post(fake, [add("a")]);
    expect(response.status).toBe(307);
    expect(new URL(response.headers.get("location") ?? "").origin).not.toBe(new URL(fake.url).origin);
    expect(fake.violations).toEqual([]);
    await post(fake, [add("a")], { redirect: "follow" });
    expect(fake.requests[2]).toMatchObject({ route: "POST (origin)/elsewhere", status: 404 });
    expect(fake.violations).toEqual([{ rule: "a redirect was followed", requests: [3] }]);
    expect(fake.audience("vips").members.size).toBe(0);
  });
});

describe("a script", () => {
  it("forces whole answers, before the work or after it", async () => {
    const headers = { "Retry-After": "3" };
    const fake = await start({
      script: [
        { status: 503, headers },
        { status: 418, body: "tea", afterWork: true },
      ],
    });
    const first = await post(fake, adds(1));
    expect([first.status, first.headers.get("retry-after")]).toEqual([503, "3"]);
    expect(fake.counts.accepted).toBe(0);
    expect(await outcome(post(fake, adds(1)))).toBe("418 tea");
    expect(fake.counts).toMatchObject({ accepted: 1, faults: 2 });
  });

  it("comes before the rates, which decide where it gives undefined", async () => {
    const fake = await start({ faults: { serverError: 1 }, script: ["ok", undefined] });
    expect((await post(fake, adds(1))).status).toBe(202);
    expect((await post(fake, adds(1))).status).toBeGreaterThanOrEqual(500);
    expect((await post(fake, adds(1))).status).toBeGreaterThanOrEqual(500);
  });

  it("may be a function of the request", async () => {
    const script = ({ route }: RequestEntry) => (route.startsWith("GET") ? { status: 500 } : undefined);
    const fake = await start({ script });
    expect((await view(fake)).status).toBe(500);
    expect((await post(fake, adds(1))).status).toBe(202);
  });
});

describe("a seeded fault", () => {
  const statuses: [FaultKind, (number | string)[]][] = [
    ["serverError", [500, 502, 503]],
    ["requestTimeout", [408]],
    ["maintenance", [503]],
    ["throttled", [429]],
    ["redirect", [307]],
    ["noToken", [202]],
  ];

  it.each(statuses)("%s has its statuses", async (kind, expected) => {
    const fake = await start({ faults: { [kind]: 1 } });
    const seen = new Set<number>();
    for (let request = 0; request < 30; request++) {
      const response = await post(fake, adds(1));
      seen.add(response.status);
      expect(response.headers.has("retry-after")).toBe(kind === "maintenance");
      await response.body?.cancel();
    }
    expect([...seen].sort()).toEqual(expected);
  });

  it("is a page as well as JSON, when it is a server error", async () => {
    const fake = await start({ faults: { serverError: 1 } });
    const types = new Set<string | null>();
    for (let request = 0; request < 20; request++) types.add((await view(fake)).headers.get("content-type"));
    expect([...types].sort()).toEqual(["application/json", "text/html; charset=utf-8"]);
  });

  it("carries the Retry-After that it is given, fixed or random", async () => {
    const fixed = await start({ faults: { throttled: 1 }, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" });
    expect((await view(fixed)).headers.get("retry-after")).toBe("Wed, 21 Oct 2026 07:28:00 GMT");
    const random = await start({
      faults: { throttled: 0.5, maintenance: 0.5 },
      retryAfter: (draw) => String(Math.floor(draw() * 1e6)),
    });
    const seen = new Set<string | null>();
    for (let request = 0; request < 5; request++) seen.add((await view(random)).headers.get("retry-after"));
    expect(seen.size).toBe(5);
  });

  it("comes as often as its rate, half of the time after the work where both can be", () => {
    const found = new Map<FaultKind, Record<Work, number>>();
    const options = { rates: evenly(0.6, FAULT_KINDS), afterWork: 0.5, retryAfter: () => undefined };
    const total = 112_000;
    for (let number = 0; number < total; number++) {
      const fault = decideFault(createRandom(7, number), options);
      if (fault === undefined || fault.kind === "scripted") continue;
      const count = found.get(fault.kind) ?? { never: 0, before: 0, later: 0 };
      count[fault.work]++;
      found.set(fault.kind, count);
    }
    const each = (total * 0.6) / FAULT_KINDS.length;
    for (const kind of FAULT_KINDS) {
      const { never, before, later } = found.get(kind) ?? { never: 0, before: 0, later: 0 };
      expect((never + before + later) / each, kind).toBeCloseTo(1, 1);
      if (["throttled", "redirect", "resetMidRequest"].includes(kind)) expect(before + later, kind).toBe(0);
      else if (kind === "noToken") expect(never + later, kind).toBe(0);
      else if (kind.startsWith("late")) expect(never + before, kind).toBe(0);
      else {
        expect(never / before, kind).toBeCloseTo(1, 1);
        expect(later, kind).toBe(0);
      }
    }
  });

  it("is refused when the rates add up to more than 1", async () => {
    await expect(startFakeBatch({ faults: { reset: 0.6, hang: 0.6 } })).rejects.toThrow("got 1.2");
  });

  it("can come after work that only a view shows", async () => {
    const fake = await start({
      faults: { reset: 1 },
      faultsAfterWork: 1,
      script: [undefined, "ok"],
      indexLag: { ms: 1 },
    });
    expect(await outcome(post(fake, adds(3)))).toBe("no answer");
    await fake.settled();
    expect(await stateOf(await view(fake))).toBe("APPLIED");
    expect(fake.audience("vips").members.size).toBe(3);
  });
});

describe.each(TRANSPORTS)("every refusal %s", (_, start) => {
  const said = "The request with Authorization: Bearer rest-key was refused";

  it("repeats the key with echo, whatever the refusal is", async () => {
    const script = ["ok", { status: 400 }, { status: 429, headers: { "Retry-After": "3" } }] as const;
    const fake = await start({ echo: true, script, restKey: "another" });
    for (const status of [401, 400, 429]) {
      const response = await post(fake, [add("a")]);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(response.headers.get("retry-after")).toBe(status === 429 ? "3" : null);
      expect(await response.json()).toEqual({ error_code: "REFUSED", error_message: said });
    }
  });

  it("repeats the key after a seeded fault too; a good answer never does", async () => {
    const fake = await start({ echo: true, script: ["ok"], faults: { serverError: 1 } });
    expect(await (await post(fake, [add("a")])).json()).toEqual({ indexing_token: expect.any(String) });
    expect(await (await post(fake, [add("a")])).json()).toMatchObject({ error_message: said });
  });

  it("does not contain the key without echo", async () => {
    const fake = await start({ script: ["ok", { status: 401, body: "no" }], restKey: "another" });
    for (let n = 0; n < 2; n++) expect(await (await post(fake, [add("a")])).text()).not.toContain("rest-key");
  });
});

describe.each(TRANSPORTS)("the server's clock %s", (_, start) => {
  const HOUR = 3_600_000;

  it("is in the Date of every answer, and a Retry-After can be a date by it", async () => {
    const now = 2000;
    const fake = await start(
      {
        clockSkewMs: HOUR,
        script: ["ok", { status: 404 }],
        faults: { throttled: 1 },
        retryAfter: (_, date) => new Date(date + 60_000).toUTCString(),
      },
      () => now,
    );
    const expected = new Date(EPOCH + now + HOUR).toUTCString();
    for (const status of [202, 404, 429]) {
      const { status: found, headers } = await post(fake, [add("a")]);
      expect([found, headers.get("date")]).toEqual([status, expected]);
      const later = new Date(EPOCH + now + HOUR + 60_000).toUTCString();
      expect(headers.get("retry-after")).toBe(status === 429 ? later : null);
    }
  });
});

describe("the same seed", () => {
  async function run(seed: number) {
    const kinds = FAULT_KINDS.filter((kind) => !/[hH]ang$/.test(kind));
    const fake = await start(
      { seed, faults: evenly(0.6, kinds), indexLag: { requests: 20 } },
      clockAt(() => 0),
    );
    for (let request = 0; request < 60; request++) {
      await outcome(
        request % 3 === 2 ? view(fake) : post(fake, [addWith("a", { request }), add(`${request % 7}`)]),
      );
    }
    await fake.settled();
    return { requests: fake.requests, counts: fake.counts, audience: [...fake.audience("vips").members] };
  }

  it("gives the same faults, tokens and states; another gives others", async () => {
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(one);
    expect(other.audience).not.toEqual(one.audience);
    expect(other.requests.map(({ fault }) => fault)).not.toEqual(one.requests.map(({ fault }) => fault));
    expect(new Set(one.requests.map(({ fault }) => fault)).size).toBeGreaterThan(5);
  });

  it("gives no two requests the same token", async () => {
    const fake = await start();
    const tokens = new Set<string>();
    for (let request = 0; request < 50; request++) tokens.add(await tokenOf(await post(fake, [add("a")])));
    expect(tokens.size).toBe(50);
  });
});
