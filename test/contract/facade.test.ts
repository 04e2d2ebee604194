// The client against two servers that answer by the OpenAPI document: Prism, which checks each request and answer against
// it, and the fake, which must behave the same.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createAudienceClient } from "../../src/client.ts";
import { ApiError } from "../../src/errors.ts";
import type { AudienceClientOptions } from "../../src/options.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { adds } from "../support/actions.ts";
import { rejection } from "../support/expectations.ts";
import { type Forced, fake, prism, type Server } from "./servers.ts";

const TOKEN = "a0082dc6860938a26280bd3ba927303b";
const TOKEN_LIKE = expect.stringMatching(/^[0-9a-f]{32}$/);

describe.each([
  ["Prism", prism],
  ["the fake", fake],
])("against %s", (_, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  /** `forced` is the answer to every request of the client; without it the server answers by itself. */
  function clientOf(forced?: Forced, options: Partial<AudienceClientOptions> = {}) {
    let requests = 0;
    const client = createAudienceClient({
      restKey: "rest-key",
      projectKey: "project-key",
      baseUrl: server.url,
      requestsPerSecond: Number.POSITIVE_INFINITY,
      retry: { retries: 1, minDelayMs: 1, maxDelayMs: 1, throttleDelayMs: 5, maxThrottledMs: 1 },
      fetch: (request) => {
        requests++;
        return server.fetch(request, forced);
      },
      ...options,
    });
    return { client, requests: () => requests };
  }

  function post(body: unknown, headers: Record<string, string> = { Authorization: "Bearer rest-key" }) {
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Batch-Project": "project-key", ...headers },
      body: JSON.stringify(body),
    };
    return server.fetch(new Request(`${server.url}/audiences/update`, init));
  }

  test("a full request of 10,000 is valid", async () => {
    const { client, requests } = clientOf();
    const report = await client.update("vip_customers", adds(10_000));
    expect(report).toMatchObject({
      received: 10_000,
      accepted: 10_000,
      requests: 1,
      indexingTokens: [TOKEN_LIKE],
    });
    expect(requests()).toBe(1);
  });

  test("25,001 actions are three valid requests", async () => {
    const { client, requests } = clientOf();
    const report = await client.update("vip_customers", adds(25_001));
    expect(report).toMatchObject({ received: 25_001, accepted: 25_001, requests: 3 });
    expect(report.receipts.map(({ ids }) => ids).sort((a, b) => b - a)).toEqual([10_000, 10_000, 5001]);
    expect(requests()).toBe(3);
  });

  test("adds with every kind of attribute, fifteen of them, and removes are valid", async () => {
    const { client } = clientOf();
    const attributes: Record<string, string | number | boolean | Date | URL> = {
      text: "x",
      number: -1.5,
      truth: true,
      joined: new Date(),
      avatar: new URL("https://a.fr/b.png"),
      "date(birth)": "1990-01-01T00:00:00Z",
      "url(page)": "https://a.fr/",
    };
    while (Object.keys(attributes).length < 15) attributes[`n${Object.keys(attributes).length}`] = 1;
    const report = await client.update("vip_customers", [
      { action: "add", id: "a", attributes },
      { action: "add", id: "b", attributes: {} },
      { action: "remove", id: "c" },
    ]);
    expect(report.accepted).toBe(3);
  });

  test.each([400, 401])(
    "a %i, which is documented, ends the run at once with what the document's example says",
    async (status) => {
      const { client, requests } = clientOf({ status });
      const error = await rejection(client.update("vip_customers", adds(3)), UpdateError);
      expect(error.cause).toBeInstanceOf(ApiError);
      expect(error.cause).toMatchObject({
        status,
        attempts: 1,
        errorCode: status === 400 ? "MISSING_PARAMETER" : "AUTHENTICATION_INVALID",
        errorMessage: status === 400 ? "Missing parameter 'name'" : "Invalid authentication",
      });
      expect([...error.undelivered]).toEqual(adds(3));
      expect(requests()).toBe(1);
    },
  );

  test.each([500, 503])("a %i, which is documented, is retried", async (status) => {
    const { client, requests } = clientOf({ status });
    const error = await rejection(client.update("vip_customers", adds(3)), UpdateError);
    expect(error.cause).toMatchObject({ status, attempts: 2 });
    expect(error.report).toMatchObject({ requests: 2, retries: 1, failed: 3 });
    expect(requests()).toBe(2);
  });

  test("a 429, which is documented, is waited for without a retry", async () => {
    const { client } = clientOf({ status: 429 });
    const error = await rejection(client.update("vip_customers", adds(3)), UpdateError);
    expect(error.cause).toMatchObject({ status: 429, errorCode: "TOO_MANY_REQUESTS" });
    expect(error.report).toMatchObject({ retries: 0, failed: 3 });
    expect(error.report.requests).toBeGreaterThanOrEqual(2);
  });

  test("more than the document allows is refused when the facade is bypassed", async () => {
    const ids = adds(10_001);
    expect((await post({ name: "vip_customers", ids: ids.slice(1) })).status).toBe(202);
    const response = await post({ name: "vip_customers", ids });
    expect(response.status).toBe(400);
    expect(response.headers.get("sl-violations") ?? (await response.text())).toContain("10000");
  });

  test("a missing bearer is refused when the facade is bypassed", async () => {
    const body = { name: "vip_customers", ids: adds(1) };
    expect((await post(body)).status).toBe(202);
    expect((await post(body, {})).status).toBe(401);
  });

  test("more than 15 attributes are refused when the facade is bypassed, as by the facade", async () => {
    const attributes = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`n${i}`, i]));
    const { n0: _, ...fifteen } = attributes;
    const ids = (some: object) => ({
      name: "vip_customers",
      ids: [{ action: "add", id: "a", attributes: some }],
    });
    expect((await post(ids(fifteen))).status).toBe(202);
    expect((await post(ids(attributes))).status).toBe(400);
    const { client, requests } = clientOf();
    const action = { action: "add", id: "a", attributes } as const;
    await expect(client.update("vip_customers", [action])).rejects.toMatchObject({ code: "INVALID_ACTION" });
    expect(requests()).toBe(0);
  });

  test.each<[what: string, attributes: object]>([
    ["a nested object", { a: { b: 1 } }],
    ["a list", { a: [1] }],
    ["null", { a: null }],
    ["a name in capitals", { A: 1 }],
    ["a name of 31 characters", { ["a".repeat(31)]: 1 }],
  ])("%s as an attribute is refused by the document as by the facade", async (_what, attributes) => {
    const action = { action: "add", id: "a", attributes } as AudienceAction;
    expect((await post({ name: "vip_customers", ids: [action] })).status).toBe(400);
    await expect(clientOf().client.update("vip_customers", [action])).rejects.toMatchObject({
      code: "INVALID_ACTION",
    });
  });

  test("an audience's name is held to the same rule by the document and the facade", async () => {
    const { client } = clientOf();
    for (const name of ["a b", "é", "a".repeat(256), ""]) {
      expect([name, (await post({ name, ids: adds(1) })).status]).toEqual([name, 400]);
      await expect(client.update(name, adds(1))).rejects.toMatchObject({ code: "CONFIGURATION" });
    }
    expect((await client.update("a".repeat(255), adds(1))).accepted).toBe(1);
  });

  test("view gives the audience, with the token of an update or without", async () => {
    const { client } = clientOf();
    const { indexingTokens } = await client.update("vip_customers", adds(1));
    const audience = await client.view("vip_customers");
    const state = { nb_ids: expect.any(Number), indexing_state: "APPLIED" };
    expect(audience).toMatchObject({ name: "vip_customers", type: "CUSTOM_ID", ...state });
    expect(await client.view("vip_customers", { indexingToken: indexingTokens[0] })).toEqual(audience);
  });

  test.each([400, 401, 404, 429, 500, 503])(
    "a %i of view, which is documented, is an ApiError",
    async (status) => {
      const error = await rejection(clientOf({ status }).client.view("vip_customers"), ApiError);
      expect(error.status).toBe(status);
      expect(error.errorCode).toMatch(/^[A-Z_]+$/);
    },
  );

  test.each([
    ["applied", "APPLIED"],
    ["replaced", "REPLACED"],
  ])("waitUntilApplied understands the document's example %s", async (example, state) => {
    const { client } = clientOf({ example });
    expect(await client.waitUntilApplied("vip_customers", [TOKEN])).toEqual({ [TOKEN]: state });
  });

  test.each(["in_progress", "in_process"])(
    "waitUntilApplied waits on the document's example %s",
    async (example) => {
      let looks = 0;
      const { client } = clientOf(undefined, {
        fetch: (request) => server.fetch(request, { example: ++looks < 3 ? example : "applied" }),
      });
      expect(await client.waitUntilApplied("vip_customers", [TOKEN])).toEqual({ [TOKEN]: "APPLIED" });
      expect(looks).toBe(3);
    },
  );

  test("http sends what the document describes", async () => {
    const { client } = clientOf();
    const { data, response } = await client.http.POST("/audiences/update", {
      params: { header: { "X-Batch-Project": "project-key" } },
      body: { name: "vip_customers", ids: [{ action: "remove", id: "a" }] },
    });
    expect([response.status, data]).toEqual([202, { indexing_token: TOKEN_LIKE }]);
  });
});
