// What holds for every route: keys, faults, the rate and the log.

import { describe, expect, it } from "vitest";
import type { Breakage, FakeBatchOptions, FaultKind, RequestEntry } from "../../src/testing/index.ts";
import { add } from "../support/actions.ts";
import { until } from "../support/event-loop.ts";
import { HEADERS, post, start, TRANSPORTS, view } from "../support/fake.ts";
import type { Fake } from "../support/fake-server.ts";
import { create, errorOf, list, members, remove, replace } from "./calls.ts";

type Target = Fake & Parameters<typeof post>[0];

interface Write {
  options: FakeBatchOptions;
  send(target: Target, init?: RequestInit): Promise<Response>;
  isDone(fake: Fake): boolean;
}

const WRITES: Record<string, Write> = {
  create: {
    options: { audiences: [] },
    send: (target, init) => create(target, {}, init),
    isDone: (fake) => fake.audiences().has("vips"),
  },
  replace: {
    options: { audiences: ["vips"] },
    send: (target, init) => replace(target, members(3), init),
    isDone: (fake) => fake.audience("vips").members.size === 3,
  },
  remove: {
    options: { audiences: ["vips"] },
    send: (target, init) => remove(target, "vips", init),
    isDone: (fake) => !fake.audiences().has("vips"),
  },
};

/** A status and a body, or why there is none. */
async function outcome(sent: Promise<Response>): Promise<string> {
  const response = await sent.catch(() => undefined);
  if (response === undefined) return "no answer";
  const body = await response.text().catch(() => "cut off");
  return `${response.status} ${body.replace(/[0-9a-f]{32}/, "TOKEN")}`;
}

describe.each(TRANSPORTS)("%s", (_, start) => {
  describe.each(Object.entries(WRITES))("%s", (_, { options, send, isDone }) => {
    const broken: [Breakage, string][] = [
      ["reset", "no answer"],
      ["truncated", "202 cut off"],
      ["cutJson", '202 {"indexing_'],
      ["html", "202 <html><head>"],
    ];

    describe.each([true, false])("with the work done: %s", (afterWork) => {
      it.each(broken)("may fail with %s", async (breakage, expected) => {
        const fake = await start({ ...options, script: [{ breakage, afterWork }] });
        const seen = await outcome(send(fake));
        expect(seen.slice(0, expected.length)).toBe(expected);
        expect(fake.requests[0]).toMatchObject({ fault: breakage, accepted: afterWork });
        expect(isDone(fake)).toBe(afterWork);
      });

      it("may fail with a forced status", async () => {
        const fake = await start({ ...options, script: [{ status: 500, afterWork }] });
        expect(await outcome(send(fake))).toBe("500 ");
        expect(isDone(fake)).toBe(afterWork);
      });

      it("may hang", async () => {
        const fake = await start({ ...options, script: [{ breakage: "hang", afterWork }] });
        const abort = new AbortController();
        const sent = outcome(send(fake, { signal: abort.signal }));
        await until(() => fake.requests[0]?.audience !== undefined);
        await until(() => isDone(fake) === afterWork);
        abort.abort();
        expect(await sent).toBe("no answer");
      });
    });

    it("may be reset while its body is coming", async () => {
      const fake = await start({ ...options, script: [{ breakage: "resetMidRequest" }] });
      expect(await outcome(send(fake))).toBe("no answer");
      expect(isDone(fake)).toBe(false);
    });

    it.each<[FaultKind, number]>([
      ["redirect", 307],
      ["throttled", 429],
      ["maintenance", 503],
      ["requestTimeout", 408],
    ])("may fail with %s by a seed", async (kind, status) => {
      const fake = await start({ ...options, faults: { [kind]: 1 }, faultsAfterWork: 0 });
      expect((await send(fake)).status).toBe(status);
      expect(isDone(fake)).toBe(false);
    });

    it("may be answered without a token", async () => {
      const fake = await start({ ...options, script: [{ breakage: "noToken" }] });
      expect(await outcome(send(fake))).toBe("202 {}");
      expect(isDone(fake)).toBe(true);
    });

    it("is answered with 503 while its audience is under maintenance", async () => {
      const maintenance = (audience: string, { number }: RequestEntry) =>
        audience === "vips" && number === 1 ? "7" : undefined;
      const fake = await start({ ...options, maintenance });
      const refused = await send(fake);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "7"]);
      expect(isDone(fake)).toBe(false);
      expect((await send(fake)).status).toBe(202);
    });

    it("may arrive after its connection has ended", async () => {
      const fake = await start({ ...options, script: [{ breakage: "lateAfterReset" }] });
      expect(await outcome(send(fake))).toBe("no answer");
      await list(fake);
      expect(isDone(fake)).toBe(false);
      await list(fake);
      expect(isDone(fake)).toBe(true);
      expect(fake.requests[0]).toMatchObject({ accepted: true, token: expect.any(String) });
    });

    it("is recorded with its audience and its token", async () => {
      const fake = await start(options);
      await send(fake);
      const token = expect.stringMatching(/^[0-9a-f]{32}$/);
      expect(fake.requests[0]).toMatchObject({ audience: "vips", accepted: true, token, status: 202 });
      expect(fake.counts).toMatchObject({ requests: 1, accepted: 1, updates: 0, views: 0 });
    });
  });

  it("list and view may fail in every way, and never as a write would", async () => {
    const breakages: Breakage[] = ["reset", "resetMidRequest", "truncated", "cutJson", "html", "redirect"];
    for (const afterWork of [true, false]) {
      for (const read of [list, view]) {
        const fake = await start({ script: breakages.map((breakage) => ({ breakage, afterWork })) });
        const seen = [];
        for (const _ of breakages) seen.push((await outcome(read(fake))).slice(0, 10).replace(/{.*/, "{"));
        expect(seen).toEqual(["no answer", "no answer", "200 cut of", "200 {", "200 <html>", "307 "]);
      }
    }
  });

  it("every request counts against the rate", async () => {
    let now = 0;
    const fake = await start({ requestsPerSecond: 1, burst: 1 }, () => now);
    const sent = [
      () => create(fake, { name: "new" }),
      () => replace(fake, members(1)),
      () => list(fake),
      () => view(fake),
      () => post(fake, [add("a")]),
      () => remove(fake),
    ];
    const statuses = [];
    for (const send of sent) {
      now += 1000;
      statuses.push((await send()).status, (await send()).status);
    }
    expect(statuses.filter((_, index) => index % 2 === 0)).toEqual([202, 202, 200, 200, 202, 202]);
    expect(statuses.filter((_, index) => index % 2 === 1)).toEqual([429, 429, 429, 429, 429, 429]);
    expect(fake.violations).toHaveLength(6);
    expect(fake.counts).toMatchObject({ throttled: 6, accepted: 4 });
  });
});

describe("every route", () => {
  const calls: [string, (target: Target, init: RequestInit) => Promise<Response>][] = [
    ...Object.entries(WRITES).map(([name, { send }]): [string, Write["send"]] => [name, send]),
    ["list", (target, init) => list(target, {}, init)],
  ];

  it.each(calls)("%s refuses other keys", async (_, call) => {
    const fake = await start({ restKey: "rest-key", projectKey: "project-key", audiences: [] });
    const headersWith = (headers: Record<string, string>) => ({ headers: { ...HEADERS, ...headers } });
    const unauthorized = { status: 401, error_code: "AUTHENTICATION_INVALID" };
    expect(await errorOf(await call(fake, headersWith({ Authorization: "Bearer other" })))).toMatchObject(
      unauthorized,
    );
    expect(await errorOf(await call(fake, headersWith({ "X-Batch-Project": "other" })))).toMatchObject(
      unauthorized,
    );
    expect(await errorOf(await call(fake, headersWith({ "X-Batch-Project": "" })))).toMatchObject({
      status: 400,
    });
    expect(fake.audiences().size).toBe(0);
  });

  it.each(calls.slice(0, 3))("%s refuses a body that is no JSON, no object or too large", async (_, call) => {
    const fake = await start({ maxBodyBytes: 100 });
    const said = [];
    for (const body of ["{", "[]", " ".repeat(101)]) said.push(await errorOf(await call(fake, { body })));
    expect(said).toMatchObject([
      { status: 400, error_message: "The body is not valid JSON" },
      { status: 400, error_message: "The body is not an object" },
      { status: 413 },
    ]);
  });

  it("accepts anything unread with drainOnly", async () => {
    const fake = await start({ drainOnly: true });
    for (const { send } of Object.values(WRITES)) {
      expect(await outcome(send(fake, { body: "x" }))).toBe('202 {"indexing_token":"drained"}');
    }
    expect(await outcome(list(fake))).toBe('200 {"audiences":[],"count":0,"has_more":false}');
    expect(fake.violations).toEqual([]);
  });
});
