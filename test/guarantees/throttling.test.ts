import { describe, expect, it } from "vitest";
import { randomActions } from "../support/actions.ts";
import { inProcess } from "../support/environment.ts";
import { problems } from "../support/oracle.ts";
import { createRandom } from "../support/random.ts";

const actions = randomActions(createRandom(1), 400, 100);
const options = { window: 30, maxIdsPerRequest: 5 };

describe("a server that answers nothing but 429 for a minute", () => {
  const FROM = 5_000;
  const TO = FROM + 60_000;

  it.each([
    { requestsPerSecond: 1, options },
    // One window, so that many requests wait for the throttling to end.
    { requestsPerSecond: Number.POSITIVE_INFINITY, options: { maxIdsPerRequest: 1 } },
  ])(
    "is survived without a retry at $requestsPerSecond requests per second, and no burst follows (G26)",
    async ({ requestsPerSecond, options }) => {
      const environment = await inProcess({
        indexLag: { requests: 10 },
        // Without a rate the whole run would be over before the minute begins.
        latencyMs: 1000,
        script: ({ at }) => (at >= FROM && at < TO ? { status: 429, body: "busy" } : undefined),
      });
      const report = await environment.client({ requestsPerSecond }).update("vips", actions, options);
      expect(problems(environment.server, { vips: actions })).toEqual([]);
      expect(report.retries).toBe(0);
      expect(report.throttledMs).toBeGreaterThan(45_000);
      const starts = environment.server.requests.map(({ at }) => at);
      const refused = starts.filter((at) => at >= FROM && at < TO);
      const after = starts.filter((at) => at >= TO);
      // Those that wait look again one by one, each after a pause of 5 to 6 s.
      expect(refused.length).toBeLessThanOrEqual(4 * 12);
      expect(after.length).toBeGreaterThan(10);
      expect(new Set(after.slice(0, 4)).size).toBe(4);
    },
  );
});

it("a client at the default rate never comes sooner than a bucket of one request a second allows (G26)", async () => {
  const environment = await inProcess({
    requestsPerSecond: 1,
    burst: 1,
    indexLag: { requests: 10 },
    faults: { serverError: 0.1, reset: 0.1 },
    latencyMs: (random) => random() * 4_000,
  });
  const client = environment.client({ requestsPerSecond: 1 });
  const report = await client.update("vips", actions, options);
  await client.waitUntilApplied("vips", report.indexingTokens);
  expect(problems(environment.server, { vips: actions })).toEqual([]);
  expect(report.throttledMs).toBe(0);
});
