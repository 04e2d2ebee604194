import { expect, it } from "vitest";
import { createAudienceClient } from "../../src/client.ts";
import { createFakeBatch } from "../../src/testing/index.ts";
import { adds, remove } from "../support/actions.ts";
import { problems } from "../support/oracle.ts";

const REQUESTS = 400;
const OPTIONS = { window: 1000, maxIdsPerRequest: 100 };
const LATENCY_MS = 300;

/** A client at the default rate, and an API that applies within a minute, in any order. */
function atTheRate() {
  const server = createFakeBatch({ indexLag: { ms: 60_000 }, latencyMs: LATENCY_MS });
  const { runtime } = server;
  const asked = new Set<string>();
  const fetch = (request: Request) => {
    const token = new URL(request.url).searchParams.get("indexing_token");
    if (token !== null) asked.add(token);
    return server.fetch(request);
  };
  const client = createAudienceClient({ restKey: "rest", projectKey: "project", fetch, runtime });
  return { server, client, asked };
}

it("an input of distinct ids in many windows takes the time that the rate allows, and costs no polls (G24)", async () => {
  const { client, server } = atTheRate();
  const actions = adds(100 * REQUESTS);
  const report = await client.update("vips", actions, OPTIONS);
  expect(report).toMatchObject({ requests: REQUESTS, polls: 0, retries: 0 });
  const idealMs = (REQUESTS - 1) * 1000 + LATENCY_MS;
  expect(report.elapsedMs / idealMs).toBeLessThan(1.03);
  expect(problems(server, { vips: actions })).toEqual([]);
});

it("where a few ids come again, only the requests that had them are asked for (G24)", async () => {
  const { client, server, asked } = atTheRate();
  const again = new Set<number>();
  // In some of the requests one, from 3 windows before or from 26.
  const actions = adds(100 * REQUESTS).map((action, n) => {
    const before = n - (n % 400 === 50 ? 2630 : 25_633);
    if (n % 200 !== 50 || before < 0) return action;
    again.add(Math.floor(before / 100));
    return remove(`${before}`);
  });
  const report = await client.update("vips", actions, OPTIONS);
  const tokens = [...again].map((request) => report.receipts[request]!.indexingToken!);
  expect(asked).toEqual(new Set(tokens));
  expect(again.size).toBeGreaterThan(80);
  expect(problems(server, { vips: actions })).toEqual([]);
});
