import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { ApiError, ConfigurationError, ConnectionError, TimeoutError } from "../src/errors.ts";
import {
  type Answer,
  accept,
  adds,
  cutOff,
  expectPace,
  json,
  REST_KEY,
  refusal,
  rejection,
  silence,
  stub,
} from "./support/scripted-api.ts";
import { idle } from "./support/virtual-time.ts";

const audience = { name: "vips", nb_ids: 5, indexing_state: "APPLIED" };

test("view gives the audience as the API returns it", async () => {
  const api = stub(() => json(200, { ...audience, unheard_of: 1 }));
  expect(await api.client.view("vips")).toEqual({ ...audience, unheard_of: 1 });
  const { request } = api.views[0]!;
  expect([request.method, request.url]).toEqual([
    "GET",
    "https://api.batch.com/2.11/audiences/view?name=vips",
  ]);
  expect(Object.fromEntries(request.headers)).toEqual({
    authorization: `Bearer ${REST_KEY}`,
    "x-batch-project": "project",
  });
  expect(request.redirect).toBe("manual");
});

test("view asks for the indexing of one request by its token", async () => {
  const api = stub(() => json(200, {}));
  expect(await api.client.view("vips", { indexingToken: "a b&c" })).toEqual({});
  expect(api.views[0]).toMatchObject({ audience: "vips", token: "a b&c" });
});

test("view gives an empty object where the API says nothing", async () => {
  expect(await stub(() => new Response(null, { status: 200 })).client.view("vips")).toEqual({});
});

test("view repeats after a fault that may pass", async () => {
  const answers: Answer[] = [
    () => refusal(500),
    () => refusal(429),
    () => Promise.reject(new Error("reset")),
    silence,
  ];
  const api = stub((call) => (answers[call.before] ?? (() => json(200, audience)))(call));
  expect(await api.client.view("vips")).toEqual(audience);
  expect(api.views).toHaveLength(5);
});

test.each([400, 401, 403, 404, 302, 204])("view rejects with a %i", async (status) => {
  const answer = status === 204 ? new Response(null, { status }) : refusal(status);
  const error = await rejection(stub(() => answer).client.view("vips"), ApiError);
  expect(error).toMatchObject({ status, attempts: 1 });
  expect(error.message).toContain("GET /audiences/view");
});

test("view rejects once retries have run out, with what the last answer was", async () => {
  const retry = { retries: 2 };
  const lost = stub(() => Promise.reject(new Error("reset")), { retry });
  expect(await rejection(lost.client.view("vips"), ConnectionError)).toMatchObject({ attempts: 3 });
  const slow = stub(silence, { retry });
  expect(await rejection(slow.client.view("vips"), TimeoutError)).toMatchObject({ attempts: 3 });
  expect(slow.views[0]!.request.signal.reason).toEqual(new Error("timed out"));
});

test("view rejects with the status of a refusal whose body breaks off", async () => {
  const { body } = cutOff();
  const error = await rejection(
    stub(() => new Response(body, { status: 403 })).client.view("vips"),
    ApiError,
  );
  expect(error).toMatchObject({ status: 403, attempts: 1 });
});

test.each<[where: string, answer: Answer]>([
  ["while it is on its way", silence],
  ["at the gate", () => refusal(429)],
  ["before a retry", () => refusal(500)],
])("an abort of view %s rejects with the reason, and leaves no listener", async (_where, answer) => {
  const api = stub(answer, { random: () => 0.9 });
  const controller = new AbortController();
  const viewing = rejection(api.client.view("vips", { signal: controller.signal }), Error);
  await api.time.sleep(100);
  const reason = new Error("enough");
  controller.abort(reason);
  expect(await viewing).toBe(reason);
  await idle();
  expect([api.time.now(), api.time.asleep]).toEqual([100, 0]);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});

test("view refuses a wrong audience and a wrong signal", async () => {
  const api = stub();
  await rejection(api.client.view("a b"), ConfigurationError);
  await rejection(api.client.view("a", { signal: {} as AbortSignal }), ConfigurationError);
  expect(api.calls).toHaveLength(0);
});

test("http is the typed client, with the keys, at this client's pace, and never follows a redirect", async () => {
  const api = stub((call) => (call.route === "view" ? json(200, audience) : accept(call)));
  await api.client.update("vips", adds(1));
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const { data, response } = await api.client.http.GET("/audiences/view", { params });
  expect([data, response.status]).toEqual([audience, 200]);
  expectPace(
    api.calls.map(({ at }) => at),
    1000,
  );
  const { request } = api.views[0]!;
  expect(request.headers.get("Authorization")).toBe(`Bearer ${REST_KEY}`);
  expect(request.redirect).toBe("manual");
});

test("during a cooldown", async () => {
  const api = stub((call) =>
    call.at === 0 ? refusal(429) : call.route === "view" ? json(200, audience) : accept(call),
  );
  const updating = api.client.update("vips", adds(1));
  await api.time.sleep(10);
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  await api.client.http.GET("/audiences/view", { params });
  await updating;
  expect(api.views[0]!.at).toBeGreaterThanOrEqual(5000);
});

test("http gives up after timeoutMs, and gives its place to the next request", async () => {
  const api = stub((call) => (call.before === 0 ? silence(call) : json(200, audience)), {
    maxInFlight: 1,
    timeoutMs: 2000,
  });
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const error = await rejection(api.client.http.GET("/audiences/view", { params }), TimeoutError);
  expect(error.message).toBe("No answer to https://api.batch.com/2.11/audiences/view?name=vips in 2000 ms.");
  expect(api.time.now()).toBe(2000);
  expect(api.views[0]!.request.signal.aborted).toBe(true);
  expect(await api.client.view("vips")).toEqual(audience);
});

test("http gives up on a fetch that ignores its signal, and leaves no timer behind", async () => {
  const api = stub((call) => (call.before === 0 ? new Promise(() => {}) : json(200, audience)), {
    timeoutMs: 2000,
  });
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  await rejection(api.client.http.GET("/audiences/view", { params }), TimeoutError);
  await api.client.http.GET("/audiences/view", { params });
  await idle();
  expect([api.time.now(), api.time.asleep]).toEqual([2000, 0]);
});

test("without a timeout, http sets no timer", async () => {
  let asleep: number | undefined;
  const api = stub(
    () => {
      asleep = api.time.asleep;
      return json(200, audience);
    },
    { timeoutMs: Number.POSITIVE_INFINITY },
  );
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  await api.client.http.GET("/audiences/view", { params });
  expect(asleep).toBe(0);
});

test("an answer to http that is no 429 makes no request wait", async () => {
  const api = stub(() => json(200, audience, { "Retry-After": "60" }));
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  await api.client.http.GET("/audiences/view", { params });
  await api.client.view("vips");
  expect(api.views[1]!.at).toBeLessThan(2000);
});

test("a 429 to http makes all requests wait", async () => {
  const api = stub((call) => (call.before === 0 ? refusal(429) : json(200, audience)));
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const { response } = await api.client.http.GET("/audiences/view", { params });
  expect(response.status).toBe(429);
  await api.client.view("vips");
  expect(api.views[1]!.at).toBeGreaterThanOrEqual(5000);
});

test("a 429 to http with an absurd Retry-After makes them wait for maxThrottledMs at most", async () => {
  const api = stub((call) =>
    call.before === 0 ? refusal(429, "no", { "Retry-After": "99999999999" }) : json(200, audience),
  );
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  await api.client.http.GET("/audiences/view", { params });
  await api.client.view("vips");
  expect(api.views[1]!.at).toBeLessThanOrEqual(1.2 * 900_000);
});

test("a fetch that gives no Response is said to be the fault, and is not asked again", async () => {
  const api = stub(() => undefined as never);
  const error = await rejection(api.client.view("vips"), ConnectionError);
  expect(error.message).toContain("(`fetch` gave no Response, but undefined: let it return one)");
  expect(error.attempts).toBe(1);
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const bare = await rejection(api.client.http.GET("/audiences/view", { params }), TypeError);
  expect(bare.message).toContain("`fetch` gave no Response");
});

test("a key of one letter garbles no message", async () => {
  const api = stub(() => Response.json({ error_message: "key e is not known here" }, { status: 401 }), {
    restKey: "e",
  });
  const { message } = await rejection(api.client.view("vips"), ApiError);
  expect(message).toBe(
    'Batch answered 401 "key [restKey] is not known here" to GET /audiences/view. Check that restKey belongs to the project of projectKey.',
  );
});

test("options that are null or unknown are refused, with the nearest name", async () => {
  const { client } = stub();
  await rejection(client.view("vips", null as never), ConfigurationError);
  await rejection(client.waitUntilApplied("vips", [], null as never), ConfigurationError);
  const unknown = await rejection(client.view("vips", { indexingtoken: "a" } as never), ConfigurationError);
  expect(unknown.message).toBe(
    "Expected `indexingtoken` to be the name of an option, got an unknown name; did you mean `indexingToken`? The options are indexingToken, signal",
  );
  const wait = client.waitUntilApplied("vips", ["a"], { timeout: 5 } as never);
  expect((await rejection(wait, ConfigurationError)).message).toContain("did you mean `timeoutMs`");
});

test("a base URL of one's own is used for all routes", async () => {
  const api = stub(accept, { baseUrl: "http://localhost:4010/v/" });
  const { indexingTokens } = await api.client.update("vips", adds(1));
  await api.client.waitUntilApplied("vips", indexingTokens);
  expect(api.calls.map(({ request }) => request.url)).toEqual([
    "http://localhost:4010/v/audiences/update",
    "http://localhost:4010/v/audiences/view?name=vips&indexing_token=t0",
  ]);
});
