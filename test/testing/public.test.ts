// The fake as a user has it: with a client, through the public entries alone.

import { describe, expect, it, onTestFinished } from "vitest";
import { type AudienceClientOptions, createAudienceClient, UpdateError } from "../../src/index.ts";
import {
  createFakeBatch,
  createRandom,
  evenly,
  FAULT_KINDS,
  type FakeBatch,
  type FakeBatchOptions,
  PASSING_FAULTS,
} from "../../src/testing/index.ts";
import { add, adds, randomActions, remove } from "../support/actions.ts";
import { rejection } from "../support/expectations.ts";
import { post } from "../support/fake.ts";

const KEYS = { restKey: "test", projectKey: "test" };
const LONG_KEY = "r3st-k3y-0123456789abcdef";

function clientOf({ fetch, runtime }: FakeBatch, options: Partial<AudienceClientOptions> = {}) {
  return createAudienceClient({ ...KEYS, fetch, runtime, ...options });
}

/** Asks for an audience, past any client. */
function ask(
  { fetch, url }: FakeBatch,
  headers: Record<string, string> = {},
  path = "/audiences/view?name=vip",
) {
  const init = { headers: { Authorization: `Bearer ${LONG_KEY}`, "X-Batch-Project": "project", ...headers } };
  return fetch(new Request(url + path, init));
}

it("shows what a campaign would see, what was asked, and that no rule was broken", async () => {
  const batch = createFakeBatch({
    seed: 1,
    indexLag: { requests: 3 },
    faults: { reset: 0.05 },
    refuse: (action) => action.id === "bad" && "Malformed id",
  });
  const client = clientOf(batch);
  const error = await rejection(
    client.update("vip", [add("a"), add("bad"), remove("a"), add("b")], { refused: "isolate" }),
    UpdateError,
  );
  expect([...error.undelivered]).toEqual([add("bad")]);
  await batch.settled();
  expect(batch.audience("vip").members).toEqual(new Map([["b", {}]]));
  expect(new Set(batch.requests.map(({ route }) => route))).toEqual(new Set(["POST /audiences/update"]));
  expect(new Set(batch.requests.map(({ status }) => status))).toEqual(new Set([400, 202]));
  expect(batch.requests.length).toBeGreaterThan(2);
  batch.expectNoViolations();
});

describe("what is asked for the next requests", () => {
  it("throttles as many as are named, one by default", async () => {
    const batch = createFakeBatch();
    const client = clientOf(batch);
    batch.throttleNext(2);
    const report = await client.update("vip", adds(3));
    expect(report).toMatchObject({ accepted: 3, requests: 3, retries: 0 });
    expect(report.throttledMs).toBeGreaterThanOrEqual(10_000);
    batch.throttleNext();
    expect(await client.view("vip")).toMatchObject({ nb_ids: 3 });
    expect(batch.requests.map(({ status }) => status)).toEqual([429, 429, 202, 429, 200]);
    expect(batch.counts).toMatchObject({ throttled: 3, faults: 0 });
    batch.expectNoViolations();
  });

  it("throttles with the Retry-After of the options", async () => {
    const batch = createFakeBatch({ retryAfter: "30" });
    batch.throttleNext();
    const report = await clientOf(batch).update("vip", adds(1));
    expect(report.throttledMs).toBeGreaterThanOrEqual(30_000);
  });

  it.each([
    [400, "API_MISUSE"],
    [401, "AUTHENTICATION_INVALID"],
    [403, "API_MISUSE"],
    [413, "PAYLOAD_TOO_LARGE"],
    [429, "TOO_MANY_REQUESTS"],
    [500, "SERVER_ERROR"],
    [503, "MAINTENANCE_ERROR"],
  ])("fails with a %i, once, and carries nothing out", async (status, error_code) => {
    const batch = createFakeBatch();
    batch.failNext(status);
    const answer = await ask(batch);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error_code }]);
    expect((await ask(batch)).status).toBe(200);
    batch.failNext(status);
    await clientOf(batch, { retry: { retries: 0, maxThrottledMs: 0 } })
      .update("vip", adds(1))
      .catch(() => {});
    expect(batch.counts.accepted).toBe(0);
  });

  it.each([200, 399, 600, 404.5])("does not fail with %d, which is no status of a failure", (status) => {
    expect(() => createFakeBatch().failNext(status)).toThrow(
      new RangeError(`Expected a status from 400 to 599, got ${status}`),
    );
  });

  it("loses the answer to what is carried out", async () => {
    const batch = createFakeBatch();
    batch.loseNextAnswer();
    const report = await clientOf(batch).update("vip", adds(2));
    expect(report).toMatchObject({ accepted: 2, requests: 2, retries: 1 });
    expect(batch.requests[0]).toMatchObject({ accepted: true, fault: "reset" });
    expect(batch.requests[0]).not.toHaveProperty("status");
    batch.expectNoViolations();
  });

  it("hangs until the client gives up, and carries nothing out", async () => {
    const batch = createFakeBatch();
    batch.hangNext();
    const report = await clientOf(batch, { timeoutMs: 5_000 }).update("vip", adds(2));
    expect(report).toMatchObject({ accepted: 2, requests: 2, retries: 1 });
    const [first] = batch.requests;
    expect(first).toMatchObject({ accepted: false, fault: "hang" });
    expect(first!.endedAt! - first!.at).toBe(5_000);
    batch.expectNoViolations();
  });

  it("comes before the script and the faults, each for one request, in the order in which it was asked", async () => {
    const batch = createFakeBatch({
      script: () => ({ status: 418 }),
      faults: { reset: 1 },
      requestsPerSecond: 9,
    });
    batch.failNext(503);
    batch.throttleNext();
    batch.loseNextAnswer();
    const statuses = [];
    for (let n = 0; n < 4; n++) {
      await batch.runtime.sleep(1000);
      statuses.push(
        await ask(batch).then(
          ({ status }) => status,
          () => "lost",
        ),
      );
    }
    expect(statuses).toEqual([503, 429, "lost", 418]);
  });
});

describe("expectNoViolations", () => {
  it("lists the broken rules, with the seed and how to replay it", async () => {
    const batch = createFakeBatch({ seed: 42, indexLag: { requests: 100 } });
    batch.expectNoViolations();
    for (const action of [add("a"), remove("a"), add("b")]) await post(batch, [action]);
    expect(() => batch.expectNoViolations()).toThrow(
      new Error(
        `Batch's client broke rules (the numbers are those of \`requests\`):
- accepted while another action for the id was not applied: requests 1 and 2, id "a"
- too fast: request 3
The seed was 42. To replay the run: createFakeBatch({ seed: 42, … }) with the same options, then the same calls.`,
      ),
    );
  });

  it("lists ten of them, and how many more there are", async () => {
    const batch = createFakeBatch();
    await post(
      batch,
      Array.from({ length: 13 }, () => add("a")),
    );
    expect(batch.violations).toHaveLength(12);
    expect(() => batch.expectNoViolations()).toThrow('id "a"\n- and 2 more\n');
  });

  it.each<[string, (batch: FakeBatch) => Promise<unknown>]>([
    ["the address", (batch) => ask(batch, {}, `/audiences/view?name=vip&key=${LONG_KEY}`)],
    ["another header", (batch) => ask(batch, { "User-Agent": `shop ${LONG_KEY}` })],
    ["the body", (batch) => clientOf(batch, { restKey: LONG_KEY }).update("vip", [add(`id-${LONG_KEY}`)])],
  ])("finds the key in %s", async (_, send) => {
    const batch = createFakeBatch();
    await send(batch);
    expect(batch.violations).toEqual([{ rule: "the REST key outside its header", requests: [1] }]);
  });

  it("takes no short key for one that shows: an id may hold it by chance", async () => {
    const batch = createFakeBatch();
    await clientOf(batch).update("test", [add("test-1")]);
    batch.expectNoViolations();
  });
});

describe("the rate", () => {
  const sent = async (batch: FakeBatch): Promise<number[]> => {
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await ask(batch)).status);
    return statuses;
  };

  it("is that of the API in virtual time, with a burst of two", async () => {
    const batch = createFakeBatch();
    expect(await sent(batch)).toEqual([200, 200, 429, 429]);
    await batch.runtime.sleep(2000);
    expect(await sent(batch)).toEqual([200, 200, 429, 429]);
    expect(batch.violations.map(({ requests }) => requests)).toEqual([[3], [4], [7], [8]]);
  });

  it("has no limit in real time, unless one is given", async () => {
    const batch = createFakeBatch();
    const { url, close } = await batch.listen();
    onTestFinished(close);
    const headers = { Authorization: "Bearer key", "X-Batch-Project": "project" };
    for (let n = 0; n < 5; n++) {
      expect((await fetch(`${url}/audiences/list`, { headers })).status).toBe(200);
    }
    const limited = createFakeBatch({ requestsPerSecond: 1e-6, burst: 1 });
    const server = await limited.listen();
    onTestFinished(server.close);
    expect((await fetch(`${server.url}/audiences/list`, { headers })).status).toBe(200);
    expect((await fetch(`${server.url}/audiences/list`, { headers })).status).toBe(429);
  });

  it("has no limit where the options say Infinity", async () => {
    const batch = createFakeBatch({ requestsPerSecond: Number.POSITIVE_INFINITY });
    expect(await sent(batch)).toEqual([200, 200, 200, 200]);
  });
});

describe("listen", () => {
  it("serves the same audiences to programs over HTTP, in real time from then on", async () => {
    const batch = createFakeBatch({ latencyMs: 1 });
    await clientOf(batch).update("vip", adds(2));
    const before = batch.runtime.now();
    const { url, close } = await batch.listen();
    onTestFinished(close);
    expect(batch.runtime.now()).toBeGreaterThanOrEqual(before);
    const client = createAudienceClient({ ...KEYS, baseUrl: url });
    await client.update("vip", [remove("0"), add("2")]);
    expect([...batch.audience("vip").members.keys()]).toEqual(["1", "2"]);
    expect(await clientOf(batch).view("vip")).toMatchObject({ nb_ids: 2 });
    expect(batch.requests).toHaveLength(3);
    const { date, now } = batch.runtime;
    expect(Math.abs(date() - Date.now())).toBeLessThan(60_000);
    expect(now()).toBeGreaterThan(before);
  });

  it("takes a port, and gives it back", async () => {
    const { url, close } = await createFakeBatch().listen();
    const port = Number(new URL(url).port);
    await expect(createFakeBatch().listen(port)).rejects.toThrow("EADDRINUSE");
    await close();
    await close();
    const again = await createFakeBatch().listen(port);
    expect(again.url).toBe(url);
    await again.close();
  });
});

describe("the same seed and the same calls", () => {
  const OPTIONS: FakeBatchOptions = {
    indexLag: { requests: 20 },
    faults: evenly(0.4, PASSING_FAULTS),
    latencyMs: (random) => random() * 3000,
  };

  async function run(seed: number, options: FakeBatchOptions = OPTIONS) {
    const batch = createFakeBatch({ seed, ...options });
    const client = clientOf(batch, { retry: { retries: 100 } });
    const actions = randomActions(createRandom(seed), 200, 40);
    // The lag is counted in requests, so an audience is busy for as long as nobody asks.
    const busyTimeoutMs = Number.POSITIVE_INFINITY;
    const report = await client.update("vip", actions, { window: 20, maxIdsPerRequest: 5, busyTimeoutMs });
    await client.replace("others", adds(30), { maxIdsPerRequest: 7, busyTimeoutMs });
    await client.waitUntilApplied("vip", report.indexingTokens);
    await batch.settled();
    batch.expectNoViolations();
    const { requests, counts } = batch;
    return JSON.stringify({ requests, counts, report, members: [...batch.audience("vip").members] });
  }

  it.each([1, 2, 3, 4, 5])(
    "give the same run, request by request and to the millisecond: seed %i",
    async (seed) => {
      const [first, again] = [await run(seed), await run(seed)];
      expect(again).toBe(first);
      const { requests } = JSON.parse(first) as { requests: { fault?: string }[] };
      expect(new Set(requests.map(({ fault }) => fault)).size).toBeGreaterThan(5);
    },
  );

  it("give another run with another seed", async () => {
    expect(await run(1)).not.toBe(await run(2));
  });
});

it("names every fault there is", () => {
  expect(FAULT_KINDS).toEqual(expect.arrayContaining([...PASSING_FAULTS]));
  expect(() => createFakeBatch({ faults: evenly(1.2, FAULT_KINDS) })).toThrow(RangeError);
});
