// The six routes as the OpenAPI document describes them, asked by plain `fetch`. Prism answers from the document and refuses
// what breaks it; the fake must answer alike, and Prism finds nothing in its answers that breaks the document.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Forced, fake, fakeBehindPrism, prism, type Server } from "./servers.ts";

const FAILURES = [400, 401, 429, 500, 503];
const VALID: Record<string, { body?: object; success: number; failures: number[] }> = {
  "/audiences/create": { body: { name: "vips", type: "custom_ids" }, success: 202, failures: FAILURES },
  "/audiences/update": {
    body: { name: "vips", ids: [{ action: "add", id: "a" }] },
    success: 202,
    failures: FAILURES,
  },
  "/audiences/replace": { body: { name: "vips", ids: [{ id: "a" }] }, success: 202, failures: FAILURES },
  "/audiences/remove": { body: { name: "vips" }, success: 202, failures: FAILURES },
  "/audiences/view?name=vips": { success: 200, failures: [...FAILURES, 404] },
  "/audiences/list": { success: 200, failures: FAILURES },
};

const HEADERS = { Authorization: "Bearer rest-key", "X-Batch-Project": "project-key" };

interface Sending {
  headers?: Record<string, string>;
  forced?: Forced;
}

/** Of the header that Prism adds to its refusals. */
function namesOf(violations: string): string[] {
  const found: { location: string[]; code: string }[] = JSON.parse(violations);
  return found.map(({ location, code }) => `${location.slice(1).join(".")} ${code}`);
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `customer-${n}` }));
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, n]));

describe.each([
  { name: "Prism", start: prism },
  { name: "the fake", start: fake },
  { name: "the fake behind Prism", start: fakeBehindPrism },
])("$name:", ({ start }) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());
  beforeEach(() => server.prepare("vips"));

  function send(path: string, body?: object, { headers = HEADERS, forced }: Sending = {}): Promise<Response> {
    const init = body && {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    return server.fetch(new Request(server.url + path, init ?? { headers }), forced);
  }

  /** `violation`: what breaks the document, as Prism names it, for example "body.name pattern". */
  async function expectRefusal(
    violation: string,
    path: string,
    body?: object,
    sending?: Sending,
  ): Promise<void> {
    const response = await send(path, body, sending);
    expect([path, response.status]).toEqual([path, 400]);
    const violations = response.headers.get("sl-violations");
    if (violations === null) expect(await response.json()).toMatchObject({ error_code: "MISSING_PARAMETER" });
    else expect(namesOf(violations)).toContain(violation);
  }

  describe.each(Object.entries(VALID))("%s", (path, { body, success, failures }) => {
    test(`answers a valid request with ${success}`, async () => {
      const response = await send(path, body);
      expect(response.status).toBe(success);
      const token = { indexing_token: expect.stringMatching(/^[0-9a-f]{32}$/) };
      expect(await response.json()).toEqual(body === undefined ? expect.any(Object) : token);
    });

    test.each(failures)("answers with a %i that has a code and a message", async (status) => {
      const response = await send(path, body, { forced: { status } });
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({
        error_code: expect.stringMatching(/^[A-Z_]+$/),
        error_message: expect.stringMatching(/^[A-Z][\w ']+$/),
      });
    });

    test("needs the REST key and the project key", async () => {
      const { Authorization, "X-Batch-Project": projectKey } = HEADERS;
      const headers = { "X-Batch-Project": projectKey };
      expect((await send(path, body, { headers })).status).toBe(401);
      await expectRefusal("header required", path, body, { headers: { Authorization } });
    });

    test("has no other method", async () => {
      const other = body === undefined ? { name: "vips" } : undefined;
      expect([404, 405]).toContain((await send(path, other)).status);
    });
  });

  describe.each(["create", "update", "replace", "remove"])("the name of an audience to %s", (route) => {
    const path = `/audiences/${route}`;
    const withName = (name: unknown) => ({ ...VALID[path]!.body, name });

    test.each(["a", "VIP_customers-2", "a".repeat(255)])("may be %s", async (name) => {
      await server.prepare(name);
      expect((await send(path, withName(name))).status).toBe(202);
    });

    test.each([
      ["a b", "pattern"],
      ["é", "pattern"],
      ["a".repeat(256), "maxLength"],
      [7, "type"],
    ])("may not be %s", async (name, code) => {
      await expectRefusal(`body.name ${code}`, path, withName(name));
    });

    test("must be there", async () => {
      await expectRefusal("body required", path, withName(undefined));
    });
  });

  describe("create", () => {
    test.each(["custom_ids", "emails", "install_ids"])("accepts the type %s", async (type) => {
      expect((await send("/audiences/create", { name: "vips", type })).status).toBe(202);
    });

    test("accepts a name to display, of any kind", async () => {
      const body = { name: "vips", type: "custom_ids", display_name: "Clients “VIP” (été)" };
      expect((await send("/audiences/create", body)).status).toBe(202);
    });

    test.each([
      [{ name: "vips" }, "body required"],
      [{ name: "vips", type: 1 }, "body.type type"],
      [{ name: "vips", type: "custom_ids", display_name: 1 }, "body.display_name type"],
    ])("refuses %j", async (body, violation) => {
      await expectRefusal(violation, "/audiences/create", body);
    });
  });

  describe("replace", () => {
    const replace = (of: unknown) => ({ name: "vips", ids: of });

    test.each([
      ["10,000 ids", ids(10_000)],
      ["no id at all, which the vendor does not forbid", []],
      ["15 attributes", [{ id: "a", attributes: attributes(15) }]],
      [
        "a date and a URL",
        [{ id: "a", attributes: { "date(d)": "2023-08-12T22:30:05Z", "url(u)": "https://a.b" } }],
      ],
    ])("accepts %s", async (_, of) => {
      expect((await send("/audiences/replace", replace(of))).status).toBe(202);
    });

    test.each([
      ["10,001 ids", ids(10_001), "body.ids maxItems"],
      ["bare ids", ["a"], "body.ids.0 type"],
      ["an entry without an id", [{ attributes: {} }], "body.ids.0 required"],
      ["16 attributes", [{ id: "a", attributes: attributes(16) }], "body.ids.0.attributes maxProperties"],
      ["a list as an attribute", [{ id: "a", attributes: { a: [1] } }], "body.ids.0.attributes.a type"],
      ["no list of ids", undefined, "body required"],
    ])("refuses %s", async (_, of, violation) => {
      await expectRefusal(violation, "/audiences/replace", replace(of));
    });
  });

  describe("view", () => {
    test("accepts a token", async () => {
      const { body } = VALID["/audiences/update"]!;
      const { indexing_token } = (await (await send("/audiences/update", body)).json()) as Record<
        string,
        string
      >;
      const query = new URLSearchParams({ name: "vips", indexing_token: indexing_token! });
      expect((await send(`/audiences/view?${query}`)).status).toBe(200);
    });

    test.each([
      ["/audiences/view", "query required"],
      ["/audiences/view?indexing_token=any", "query required"],
      ["/audiences/view?name=a%20b", "query.name pattern"],
    ])("refuses %s", async (path, violation) => {
      await expectRefusal(violation, path);
    });
  });

  describe("list", () => {
    test.each(["?limit=100", "?limit=1"])("accepts %s", async (query) => {
      expect((await send(`/audiences/list${query}`)).status).toBe(200);
    });

    test.each([
      ["?limit=101", "query.limit maximum"],
      ["?limit=all", "query.limit type"],
      ["?limit=1.5", "query.limit type"],
    ])("refuses %s", async (query, violation) => {
      await expectRefusal(violation, `/audiences/list${query}`);
    });

    test("says on each page whether another follows, and where it begins", async () => {
      for (const name of ["one", "two"]) await server.prepare(name);
      for (const limit of [1, 100]) {
        const page = (await (await send(`/audiences/list?limit=${limit}`)).json()) as Record<string, unknown>;
        expect(page).toMatchObject({ audiences: expect.any(Array), count: expect.any(Number) });
        expect("next_from" in page).toBe(page.has_more);
      }
    });
  });
});

describe("Prism alone, which shows what the document says:", () => {
  let server: Server;
  beforeAll(async () => {
    server = await prism();
  });
  afterAll(() => server.close());

  const send = (path: string, headers: Record<string, string> = {}) =>
    server.fetch(new Request(server.url + path, { headers: { ...HEADERS, ...headers } }));

  test.each(Object.entries(VALID))("%s has no other status", async (path, { body, success, failures }) => {
    const others = [200, 202, 404, 409, 413, 422].filter(
      (status) => ![success, ...failures].includes(status),
    );
    for (const status of others) {
      const headers = { ...HEADERS, "Content-Type": "application/json" };
      const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
      const response = await server.fetch(new Request(server.url + path, init), { status });
      expect(await response.json()).toMatchObject({ type: "https://stoplight.io/prism/errors#NOT_FOUND" });
    }
  });

  test("the types of audiences are open", async () => {
    const init = {
      method: "POST",
      headers: { ...HEADERS, "Content-Type": "application/json" },
      body: JSON.stringify({ name: "vips", type: "not_known_yet" }),
    };
    expect((await server.fetch(new Request(`${server.url}/audiences/create`, init))).status).toBe(202);
  });

  test.each(["?from=bmV3c2xldHRlcg", "?from=any&limit=20"])(
    "a cursor may be any string: %s",
    async (query) => {
      expect((await send(`/audiences/list${query}`)).status).toBe(200);
    },
  );

  /** The pages that the document has as examples; without a name the one that Prism answers with by itself. */
  async function pageOf(example?: string): Promise<Record<string, unknown>> {
    const response = await send(
      "/audiences/list",
      example === undefined ? {} : { Prefer: `example=${example}` },
    );
    return (await response.json()) as Record<string, unknown>;
  }

  test("the list ends after the page that Prism answers with by itself", async () => {
    const page = await pageOf();
    expect(page).toEqual({ audiences: expect.any(Array), count: 2, has_more: false });
    expect(page).toEqual(await pageOf("only_page"));
    const audience = { name: "vip_customers", type: "CUSTOM_ID", indexing_state: "APPLIED" };
    expect(page.audiences).toMatchObject([audience, { name: "newsletter" }]);
  });

  test("the list has a first page that leads to another, and a last page without a count", async () => {
    const first = await pageOf("first_page");
    expect(first).toMatchObject({ count: 2, has_more: true, next_from: expect.stringMatching(/./) });
    const last = await pageOf("last_page");
    expect(last).toEqual({ audiences: [expect.objectContaining({ name: "newsletter" })], has_more: false });
  });
});
