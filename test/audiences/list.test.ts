import { expect, test } from "vitest";
import { ApiError, ConfigurationError, ConnectionError } from "../../src/errors.ts";
import { type Answer, json, refusal, rejection, stub } from "../support/scripted-api.ts";

/** Pages of two, with the number of the next one as the cursor. */
const pages =
  (count: number): Answer =>
  ({ request }) => {
    const from = Number(new URL(request.url).searchParams.get("from") ?? 0);
    const audiences = [0, 1].map((i) => ({ name: `a${2 * from + i}`, unheard_of: i }));
    const isLast = from === count - 1;
    return json(200, { audiences, has_more: !isLast, ...(!isLast && { next_from: `${from + 1}` }) });
  };

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

test("gives every audience of all pages as the API returns it, 100 a page", async () => {
  const api = stub(pages(3));
  const names = (await all(api.client.list())).map(({ name }) => name);
  expect(names).toEqual(["a0", "a1", "a2", "a3", "a4", "a5"]);
  const queries = api.calls.map(({ request }) => new URL(request.url).search);
  expect(queries).toEqual(["?limit=100", "?from=1&limit=100", "?from=2&limit=100"]);
});

test("asks for a page when the one before has been taken, and not again once the caller stops", async () => {
  const api = stub(pages(3));
  const seen: number[] = [];
  for await (const { name } of api.client.list()) {
    seen.push(api.calls.length);
    if (name === "a2") break;
  }
  expect(seen).toEqual([1, 1, 2]);
  expect(api.calls).toHaveLength(2);
});

test.each<[what: string, answer: Answer]>([
  [
    "a page that leads to itself",
    () => json(200, { audiences: [{ name: "a" }], has_more: true, next_from: "x" }),
  ],
])("%s is not asked for for ever", async (_what, answer) => {
  const api = stub(answer);
  await all(api.client.list());
  expect(api.calls).toHaveLength(2);
});

test.each([{ audiences: 0 }, { audiences: { name: "a" } }, { audiences: [], has_more: true, next_from: {} }])(
  "a page that cannot be read ends the list with an error: %j",
  async (page) => {
    const api = stub(() => json(200, page));
    await expect(all(api.client.list())).rejects.toThrow(ConnectionError);
    expect(api.calls).toHaveLength(1);
  },
);

test.each<[what: string, answer: Answer]>([
  ["no fields", () => json(200, {})],
  ["an empty body", () => new Response(null, { status: 200 })],
  ["more to come, but no cursor", () => json(200, { audiences: [], has_more: true })],
])("a page with %s ends the list", async (_what, answer) => {
  const api = stub(answer);
  expect(await all(api.client.list())).toEqual([]);
  expect(api.calls).toHaveLength(1);
});

test("a fault that passes is repeated, a refusal is an error", async () => {
  const api = stub((call) => (call.before === 0 ? refusal(503) : pages(1)(call)));
  expect(await all(api.client.list())).toHaveLength(2);
  const refused = stub(() => refusal(401));
  const error = await rejection(all(refused.client.list()), ApiError);
  expect(error.message).toContain("GET /audiences/list");
});

test("an abort between two pages rejects with the reason", async () => {
  const api = stub(pages(3));
  const controller = new AbortController();
  const reason = new Error("enough");
  const listing = (async () => {
    for await (const { name } of api.client.list({ signal: controller.signal })) {
      if (name === "a1") controller.abort(reason);
    }
  })();
  expect(await rejection(listing, Error)).toBe(reason);
  expect(api.calls).toHaveLength(1);
});

test("a wrong option is refused at once", () => {
  const { client } = stub();
  expect(() => client.list({ limit: 5 } as never)).toThrow(ConfigurationError);
  expect(() => client.list({ signal: 5 } as never)).toThrow(ConfigurationError);
});
