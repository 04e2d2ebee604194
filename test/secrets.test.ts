import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, accept, add, adds, json, stub } from "./support/scripted-api.ts";

const statuses = fc.constantFrom(200, 202, 301, 307, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503);
const keys = fc.stringMatching(/^[A-Za-z0-9+/=_".\\é-]{12,40}$/).filter((key) => !/^[é.="-]+$/.test(key));
/** Words around the key, so that it stands anywhere in what is cut. */
const padding = fc.oneof(fc.constant(""), fc.string({ maxLength: 5 }), fc.constant("x".repeat(495)));

type Fault = (key: string) => Answer;

/** Each way in which a server, a proxy or a `fetch` might repeat the key. */
const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.tuple(statuses, padding, fc.boolean()).map(
    ([status, before, isCode]): Fault =>
      (key) =>
      () => {
        const said = `${before}Bearer ${key}`;
        return json(status, isCode ? { error_code: said } : { error_message: said, error_code: 1 });
      },
  ),
  fc.tuple(statuses, padding).map(
    ([status, before]): Fault =>
      (key) =>
      () =>
        new Response(`<p>${before}${key}</p>`, { status }),
  ),
  statuses.map(
    (status): Fault =>
      (key) =>
      () =>
        new Response(key, { status }),
  ),
  statuses.map(
    (status): Fault =>
      (key) =>
      () =>
        json(
          status,
          { [key]: key, error_message: [key] },
          { "X-Echo": encodeURI(key), "Retry-After": encodeURI(key) },
        ),
  ),
  fc.constantFrom(301, 302, 307).map(
    (status): Fault =>
      (key) =>
      () =>
        new Response(null, { status, headers: { Location: `https://a.fr/?key=${encodeURI(key)}` } }),
  ),
  statuses.map(
    (status): Fault =>
      (key) =>
      () => {
        const body = new ReadableStream({
          start: (controller) => controller.error(new Error(`broke off at ${key}`)),
        });
        return new Response(body, { status });
      },
  ),
  fc
    .constantFrom<((key: string, request: Request) => unknown)[]>(
      (key) => new Error(`cannot send ${key}`),
      (key) => new TypeError("fetch failed", { cause: new Error(key) }),
      (_, request) => Object.assign(new Error("fetch failed"), { request }),
      (_, { headers }) => Object.assign(new Error("fetch failed"), { headers }),
      (_, { headers }) => Object.assign(new Error("x"), { config: { headers: Object.fromEntries(headers) } }),
      (_, { headers }) => Object.assign(new Error("x"), { config: new Map(headers) }),
      (_, { headers }) => Object.assign(new Error("x"), { toJSON: () => [...headers] }),
      (key) => new PrintedError(key),
      (_, request) => request,
      (_, { headers }) => Object.fromEntries(headers),
      (key) => key,
      (key) => new AggregateError([new Error(key)], key),
      (key) => new DOMException(key, key),
    )
    .map(
      (thrown): Fault =>
        (key) =>
        ({ request }) =>
          Promise.reject(thrown(key, request)),
    ),
);

/** What `inspect` shows of it is up to the class. */
class PrintedError extends Error {
  readonly #key: string;

  constructor(key: string) {
    super("cannot send");
    this.#key = key;
  }

  [inspect.custom](): string {
    return `cannot send ${this.#key}`;
  }
}

test("whatever a fault repeats, the key is in no error, report, progress, receipt or issue (G28)", async () => {
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.array(faults, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (key, faults, some) => {
        const shown: unknown[] = [];
        const show = (value: unknown) => void shown.push(value);
        const answers = faults.map((fault) => fault(key));
        const api = stub(
          (call) =>
            some && call.before % 2 === 1 ? accept(call) : answers[call.before % answers.length]!(call),
          { restKey: key, retry: { retries: 2, maxThrottledMs: 20_000 } },
        );
        const { client } = api;
        show(client);
        show(client.http);
        for (const refused of ["stop", "isolate"] as const) {
          const actions = [...adds(4), add(" "), add("4")];
          const options = { window: 3, maxIdsPerRequest: 2, refused, invalid: "skip" } as const;
          const hooks = { onProgress: show, onReceipt: show, onRejected: show };
          await client.update("vips", actions, { ...options, ...hooks }).then(show, show);
        }
        await client.waitUntilApplied("vips", ["t0"], { timeoutMs: 5000, onPoll: show }).then(show, show);
        // What it resolves with is the answer itself, as the server gave it.
        await client.view("vips").catch(show);

        const texts = shown.flatMap((value) => [
          inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
          JSON.stringify(value) ?? "",
          JSON.stringify({ cause: (value as Error).cause }),
          String((value as Error).stack),
          String((value as Error).message),
        ]);
        const escaped = JSON.stringify(key).slice(1, -1);
        expect(texts.filter((text) => text.includes(key) || text.includes(escaped))).toEqual([]);
        expect(
          api.calls.every(({ request }) => request.headers.get("Authorization") === `Bearer ${key}`),
        ).toBe(true);
        const headers = api.calls.flatMap(({ request }) =>
          [...request.headers].filter(([, value]) => value.includes(key)),
        );
        expect(headers).toHaveLength(api.calls.length);
        expect(api.calls.filter(({ body, request }) => (body + request.url).includes(key))).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});

test("an error of `fetch` that has the key is another one where `http` rejects with it (G28)", async () => {
  const key = "0123456789abcdef";
  const api = stub(() => Promise.reject(new TypeError(`Headers: Bearer ${key} is no legal value`)), {
    restKey: key,
  });
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const error = await api.client.http.GET("/audiences/view", { params }).catch((error: unknown) => error);
  expect(error).toMatchObject({
    name: "TypeError",
    message: "Headers: Bearer [restKey] is no legal value",
  });
  expect(inspect(error)).not.toContain(key);
});

test("of an accepted answer that cannot be read not even a part is quoted, as it might be part of the key", async () => {
  const key = "r3st-k3y-0123456789abcdef";
  const api = stub(() => new Response(`<p>${key}`, { status: 202 }), { restKey: key, retry: { retries: 0 } });
  const error = await api.client.update("vips", adds(1)).catch((reason: unknown) => reason);
  expect(inspect(error, { depth: 20 })).toContain("its body is not JSON");
  expect(inspect(error, { depth: 20 })).not.toContain(key.slice(0, 6));
});
