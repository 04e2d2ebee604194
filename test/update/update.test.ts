import fc from "fast-check";
import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { InvalidActionError } from "../../src/update/update-error.ts";
import {
  accept,
  add,
  adds,
  expectBalance,
  expectPace,
  firstAnswer,
  refusal,
  rejection,
  remove,
  stateAfter,
  stub,
} from "../support/scripted-api.ts";

test("a request carries the keys, the audience and the actions as the document says", async () => {
  const { updates } = await updated([
    { action: "add", id: "a", attributes: { age: 5, joined: new Date(0) } },
    remove("b"),
  ]);
  expect(updates).toHaveLength(1);
  const { request, body } = updates[0]!;
  expect([request.method, request.url]).toEqual(["POST", "https://api.batch.com/2.11/audiences/update"]);
  expect(request.redirect).toBe("manual");
  expect(Object.fromEntries(request.headers)).toEqual({
    authorization: "Bearer r3st-k3y-0123456789abcdef",
    "content-type": "application/json",
    "x-batch-project": "project",
  });
  expect(body).toBe(
    '{"name":"vips","ids":[{"action":"add","id":"a","attributes":{"age":5,"date(joined)":"1970-01-01T00:00:00.000Z"}},' +
      '{"action":"remove","id":"b"}]}',
  );
});

async function updated(actions: Iterable<AudienceAction>) {
  const api = stub();
  const report = await api.client.update("vips", actions);
  return { ...api, report };
}

test("25,001 actions go out in three requests, a second apart", async () => {
  const { client, updates, report } = await updated(adds(25_001));
  expect(report).toMatchObject({ received: 25_001, accepted: 25_001, requests: 3, retries: 0, unsent: 0 });
  expect(report.receipts.map(({ ids }) => ids)).toEqual([10_000, 10_000, 5001]);
  expect(report.indexingTokens).toEqual(["t0", "t1", "t2"]);
  expectPace(
    updates.map(({ at }) => at),
    1000,
  );
  expect(report.elapsedMs).toBe(updates[2]!.at);
  expect(report.checkpoint).toEqual({ records: 25_001 });
  expect((await client.update("vips", [])).elapsedMs).toBe(0);
});

test("every action is sent once, in the order of the source, and the bytes are those of the bodies", async () => {
  const api = stub(undefined, { requestsPerSecond: Number.POSITIVE_INFINITY });
  const actions = adds(25_001);
  const report = await api.client.update("vips", actions);
  expect(api.updates.flatMap((call) => call.actions)).toEqual(actions);
  const bytes = api.updates.map(({ body }) => Buffer.byteLength(body));
  expect(report.receipts.map((receipt) => receipt.bytes)).toEqual(bytes);
  expect(report.bytes).toBe(bytes.reduce((sum, length) => sum + length));
});

test("no action costs no request", async () => {
  for (const options of [{}, { dryRun: true }, { resumeFrom: { records: 0 } }]) {
    const api = stub();
    const report = await api.client.update("vips", [], options);
    expect(api.calls).toHaveLength(0);
    expect(report).toEqual({
      audience: "vips",
      received: 0,
      superseded: 0,
      rejected: 0,
      accepted: 0,
      failed: 0,
      unsent: 0,
      requests: 0,
      retries: 0,
      polls: 0,
      throttledMs: 0,
      elapsedMs: 0,
      bytes: 0,
      receipts: [],
      indexingTokens: [],
      rejections: [],
      warnings: [],
      checkpoint: { records: 0 },
    });
  }
});

test("the last action of each id is sent, and those before it are counted as superseded", async () => {
  const { updates, report } = await updated([add("a"), add("b"), remove("a"), remove("c"), add("b")]);
  expect(updates.map((call) => call.actions)).toEqual([[remove("a"), remove("c"), add("b")]]);
  expect(report).toMatchObject({ received: 5, superseded: 2, accepted: 3 });
});

test("a full window stays open until another id comes", async () => {
  const api = stub();
  const actions = [...adds(100), ...adds(100), ...adds(100)];
  const report = await api.client.update("vips", actions, { window: 100 });
  expect(report).toMatchObject({ received: 300, superseded: 200, accepted: 100, requests: 1, polls: 0 });
});

test("any sequence, in any windows and chunks, ends in the state of the last action of each id", async () => {
  const action = fc.record({ action: fc.constantFrom("add", "remove"), id: fc.constantFrom(..."abcdefgh") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(action as fc.Arbitrary<AudienceAction>, { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      async (actions, window, maxIdsPerRequest) => {
        const api = stub();
        const report = await api.client.update("vips", actions, { window, maxIdsPerRequest });
        expect(stateAfter(api.updates.flatMap((call) => call.actions))).toEqual(stateAfter(actions));
        for (const call of api.updates) {
          expect(new Set(call.actions.map(({ id }) => id)).size).toBe(call.actions.length);
        }
        expectBalance(report);
        expect(report.requests).toBe(api.updates.length);
        expect(report.polls).toBe(api.views.length);
      },
    ),
  );
});

test("no body is longer than maxBytesPerRequest", async () => {
  const api = stub();
  const report = await api.client.update("vips", adds(100), { maxBytesPerRequest: 500 });
  expect(report.accepted).toBe(100);
  expect(Math.max(...api.updates.map(({ body }) => Buffer.byteLength(body)))).toBeLessThanOrEqual(500);
  expect(report.requests).toBeLessThan(10);
});

test("a dry run sends nothing, waits for nothing, and reports what a real run would have sent", async () => {
  const actions = [...adds(250), ...adds(250), ...adds(50, 300)];
  const options = { window: 120, maxIdsPerRequest: 50 };
  const real = await stub().client.update("vips", actions, options);
  const dry = stub();
  const report = await dry.client.update("vips", actions, { ...options, dryRun: true });
  expect(dry.calls).toHaveLength(0);
  expect(dry.time.now()).toBe(0);
  const sums = [
    "received",
    "superseded",
    "rejected",
    "accepted",
    "failed",
    "unsent",
    "requests",
    "bytes",
  ] as const;
  for (const sum of sums) expect([sum, report[sum]]).toEqual([sum, real[sum]]);
  const sizes = ({ ids, bytes }: { ids: number; bytes: number }) => [ids, bytes];
  expect(report.receipts.map(sizes)).toEqual(real.receipts.map(sizes));
  expect(report.indexingTokens).toEqual([]);
  expect(report.checkpoint).toEqual({ records: 0 });
});

test("a dry run refuses what a real run would refuse", async () => {
  const { client } = stub();
  const actions = [add(""), add("a")];
  const error = await rejection(client.update("vips", actions, { dryRun: true }), InvalidActionError);
  expect(error.issues).toMatchObject([{ index: 0, path: "id" }]);
  expect([...error.undelivered]).toEqual([add("a")]);
});

test("a dry run waits for no update of the audience, and none waits for it", async () => {
  const { client } = stub();
  const order: string[] = [];
  const real = client.update("vips", adds(3), { maxIdsPerRequest: 1 }).then(() => order.push("real"));
  const dry = client.update("vips", adds(3), { dryRun: true }).then(() => order.push("dry"));
  await Promise.all([real, dry]);
  expect(order).toEqual(["dry", "real"]);
});

test("a wrong audience, option or source is told before the source is touched", async () => {
  const api = stub();
  let pulled = 0;
  const source = {
    *[Symbol.iterator]() {
      pulled++;
      yield add("a");
    },
  };
  await rejection(api.client.update("not a name", source), ConfigurationError);
  await rejection(api.client.update("vips", source, { window: 0 }), ConfigurationError);
  await rejection(api.client.update("vips", "add,a" as never), ConfigurationError);
  expect([pulled, api.calls.length]).toEqual([0, 0]);
});

test("progress and receipts are told after each answer, and balance at each moment", async () => {
  const seen: [requests: number, accepted: number, records: number][] = [];
  const receipts: (string | undefined)[] = [];
  const api = stub(
    firstAnswer(accept, () => refusal(500), accept),
    { maxInFlight: 1 },
  );
  await api.client.update("vips", adds(3), {
    maxIdsPerRequest: 1,
    onProgress(progress) {
      expectBalance(progress);
      expect(progress).toMatchObject({ audience: "vips", throttledForMs: 0 });
      seen.push([progress.requests, progress.accepted, progress.checkpoint.records]);
    },
    onReceipt: ({ indexingToken }) => receipts.push(indexingToken),
  });
  expect(seen.at(-1)).toEqual([4, 3, 3]);
  expect(seen).toHaveLength(3);
  expect(receipts.sort()).toEqual(["t0", "t2", "t3"]);
});

test("two runs over one client share its rate", async () => {
  const api = stub();
  await Promise.all(
    ["vips", "news", "test"].map((audience) => api.client.update(audience, adds(2), { maxIdsPerRequest: 1 })),
  );
  expect(api.updates).toHaveLength(6);
  expectPace(
    api.updates.map(({ at }) => at),
    1000,
  );
});

test("prototype names are ordinary ids from the source to the request", async () => {
  const { updates, report } = await updated(["__proto__", "constructor", "__proto__"].map(add));
  expect(updates[0]!.actions).toEqual([add("constructor"), add("__proto__")]);
  expect(report).toMatchObject({ received: 3, superseded: 1, accepted: 2 });
});
