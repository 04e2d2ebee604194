import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError, TimeoutError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  type Answer,
  accept,
  add,
  adds,
  cutOff,
  expectBalance,
  firstAnswer,
  json,
  refusal,
  rejection,
  silence,
  stub,
} from "../support/scripted-api.ts";

const lost: Answer = () =>
  Promise.reject(new TypeError("fetch failed", { cause: new Error("read ECONNRESET") }));

/** An update of three ids, one a request, whose first request meets the given answers. */
async function updateMeeting(...answers: Answer[]) {
  const api = stub(firstAnswer(...answers), { maxInFlight: 1, requestsPerSecond: Number.POSITIVE_INFINITY });
  const report = await api.client.update("vips", adds(3), { maxIdsPerRequest: 1 });
  expectBalance(report);
  expect(report).toMatchObject({ accepted: 3, failed: 0, unsent: 0, requests: api.updates.length });
  return { ...api, report };
}

/** The same, where it ends early; everything that was not accepted comes back. */
async function failureMeeting(answer: Answer, options = {}) {
  const api = stub((call) => (call.before === 0 ? accept(call) : answer(call)), {
    maxInFlight: 1,
    requestsPerSecond: Number.POSITIVE_INFINITY,
    ...options,
  });
  const error = await rejection(api.client.update("vips", adds(4), { maxIdsPerRequest: 1 }), UpdateError);
  expectBalance(error.report);
  expect(error.report).toMatchObject({ received: 4, accepted: 1, requests: api.updates.length });
  expect(error.report.failed).toBeGreaterThan(0);
  expect([...error.undelivered]).toEqual(adds(3, 1));
  return { ...api, error, report: error.report };
}

describe("202", () => {
  test("with a token is accepted", async () => {
    const { report } = await updateMeeting();
    expect(report.indexingTokens).toEqual(["t0", "t1", "t2"]);
    expect(report.receipts[0]).toMatchObject({ indexingToken: "t0", ids: 1, attempts: 1 });
  });

  test.each<[what: string, answer: Answer]>([
    ["an empty object", () => json(202, {})],
    ["an empty body", () => new Response(null, { status: 202 })],
    ["an empty token", () => json(202, { indexing_token: "" })],
    ["a token that is no string", () => json(202, { indexing_token: 5 })],
    ["a list", () => json(202, [])],
    ["null", () => json(202, null)],
  ])("with %s is accepted, without a token", async (_what, answer) => {
    const { report } = await updateMeeting(answer);
    expect(report).toMatchObject({ requests: 3, retries: 0, indexingTokens: ["t1", "t2"] });
    expect(Object.keys(report.receipts[0]!)).toEqual(["ids", "bytes", "attempts"]);
  });

  test.each<[what: string, answer: Answer]>([
    ["HTML", () => new Response("<html>Hello</html>", { status: 202 })],
    ["half a body", () => new Response('{"indexing_tok', { status: 202 })],
    ["a body that breaks off", cutOff],
  ])("with %s is retried, since nobody knows", async (_what, answer) => {
    const { report, updates } = await updateMeeting(answer);
    expect(report).toMatchObject({ requests: 4, retries: 1 });
    expect(report.receipts.map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2]);
    expect(updates[0]!.body).toBe(
      updates.find(({ before, body }) => before > 0 && body === updates[0]!.body)?.body,
    );
  });
});

test("another success is taken for one only if it gives a token", async () => {
  const { report } = await updateMeeting(() => json(200, { indexing_token: "x" }));
  expect(report.indexingTokens).toContain("x");
  const { error } = await failureMeeting(() => json(200, { hello: "portal" }));
  expect(error.cause).toMatchObject({ code: "API", status: 200 });
});

describe("is retried, with a random pause below a ceiling that doubles, and then ends the run:", () => {
  test.each<[what: string, answer: Answer, cause: object]>([
    ["a lost connection", lost, { code: "CONNECTION", attempts: 4 }],
    ["a cut-off 202", cutOff, { code: "CONNECTION", attempts: 4 }],
    ["a 408", () => refusal(408), { code: "API", status: 408, attempts: 4 }],
    ["a 500", () => refusal(500), { code: "API", status: 500, attempts: 4 }],
    ["a 502 in HTML", () => new Response("<html>", { status: 502 }), { code: "API", status: 502 }],
    ["a 503", () => refusal(503), { code: "API", status: 503, attempts: 4 }],
    ["a 504 without a body", () => new Response(null, { status: 504 }), { code: "API", status: 504 }],
  ])("%s", async (_what, answer, cause) => {
    await updateMeeting(answer, answer, answer);
    const { error, report, updates } = await failureMeeting(answer, {
      retry: { retries: 3 },
      random: () => 0.5,
    });
    expect(error.cause).toMatchObject(cause);
    const [first] = updates.filter(({ actions }) => actions[0]!.id === "1");
    const starts = updates.filter(({ body }) => body === first!.body).map(({ at }) => at - first!.at);
    expect(starts).toEqual([0, 250, 750, 1750]);
    expect(report.retries).toBeGreaterThanOrEqual(3);
    expect(report.throttledMs).toBe(0);
  });

  test("a timeout", async () => {
    const { error, time } = await failureMeeting(silence, {
      retry: { retries: 0 },
      timeoutMs: 7000,
      maxInFlight: 4,
    });
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain("No answer to POST /audiences/update within 7000 ms.");
    expect(time.now()).toBe(7000);
    await updateMeeting(silence);
  });

  test("a body that never ends, which the timeout counts in", async () => {
    const endless: Answer = () => new Response(new ReadableStream({}), { status: 202 });
    const { error } = await failureMeeting(endless, { retry: { retries: 1 } });
    expect(error.cause).toMatchObject({ code: "TIMEOUT", attempts: 2 });
  });

  test("a timeout of a fetch that does not heed its signal", async () => {
    const deaf: Answer = () => new Promise(() => {});
    const { error } = await failureMeeting(deaf, { retry: { retries: 1 } });
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });

  test("but not with retries: 0", async () => {
    const { error, report } = await failureMeeting(lost, { retry: { retries: 0 } });
    expect(error.cause).toBeInstanceOf(ConnectionError);
    expect(report.retries).toBe(0);
  });
});

describe("413", () => {
  const limit =
    (bytes: number): Answer =>
    (call) =>
      call.body.length > bytes ? refusal(413) : accept(call);

  test("halves the chunk until it is accepted, and keeps the next ones as small", async () => {
    const api = stub(limit(5000), { requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 1 });
    const report = await api.client.update("vips", adds(1000));
    expectBalance(report);
    expect(report).toMatchObject({ accepted: 1000, failed: 0, retries: 0, throttledMs: 0 });
    expect(api.updates.filter(({ body }) => body.length > 5000).length).toBeLessThanOrEqual(7);
    const sent = api.updates.filter(({ body }) => body.length <= 5000).flatMap(({ actions }) => actions);
    expect(sent.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(
      adds(1000).map(({ id }) => Number(id)),
    );
  });

  test("teaches the chunks after it", async () => {
    const api = stub(limit(5000), { requestsPerSecond: Number.POSITIVE_INFINITY, maxInFlight: 1 });
    await api.client.update("vips", adds(1000), {
      maxIdsPerRequest: 200,
      window: 400,
      betweenWindows: "accepted",
    });
    expect(api.updates.filter(({ body }) => body.length > 5000).length).toBeLessThanOrEqual(2);
  });

  test("teaches them the size of the larger half", async () => {
    const api = stub((call) => (call.actions.length > 2 ? refusal(413) : accept(call)), { maxInFlight: 1 });
    await api.client.update("vips", adds(9), { maxIdsPerRequest: 3 });
    // Two chunks were cut before the first answer.
    const cut = api.updates.slice(6).map(({ actions }) => actions.map(({ id }) => id).join());
    expect(cut).toEqual(["6,7", "8"]);
  });

  test("for a single id ends the run", async () => {
    const { error } = await failureMeeting(() => refusal(413));
    expect(error.cause).toMatchObject({
      status: 413,
      message: expect.stringContaining("maxBytesPerRequest"),
    });
  });
});

describe("ends the run at once:", () => {
  test.each([300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 415, 418, 422, 451])(
    "a %i",
    async (status) => {
      const { error, report, updates } = await failureMeeting(() =>
        refusal(status, "no", { Location: "https://elsewhere.example/" }),
      );
      expect(error.cause).toBeInstanceOf(ApiError);
      expect(error.cause).toMatchObject({ status, attempts: 1, errorCode: "CODE", errorMessage: "no" });
      expect(report).toMatchObject({ retries: 0, failed: updates.length - 1 });
      // The accepted one, the refused one, and the one that has taken over its place.
      expect(updates.length).toBeLessThanOrEqual(3);
    },
  );

  test("the error says what to do, and what is in the caller's hands", async () => {
    const api = stub(() => refusal(401, "Invalid authentication"));
    const error = await rejection(api.client.update("vips", [add("a")]), UpdateError);
    expect(error.message).toBe(
      'The update of the audience vips ended early: Batch answered 401 CODE "Invalid authentication" to ' +
        "POST /audiences/update. Check that restKey belongs to the project of projectKey. Not delivered: 1 of 1 that " +
        "were read. Pass `undelivered` to `update` again.",
    );
  });
});

test("a redirect is never followed, nothing goes to where it points", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const { updates, error } = await failureMeeting(
      () => new Response(null, { status, headers: { Location: "https://elsewhere.example/steal" } }),
    );
    expect(new Set(updates.map(({ request }) => new URL(request.url).origin))).toEqual(
      new Set(["https://api.batch.com"]),
    );
    expect(updates.every(({ request }) => request.redirect === "manual")).toBe(true);
    expect(error.cause).toMatchObject({ message: expect.stringContaining("Redirects are not followed") });
  }
});
