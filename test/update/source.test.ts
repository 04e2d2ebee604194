import fc from "fast-check";
import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { AudienceError, ConfigurationError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { accept, add, adds, refusal, rejection, stub } from "../support/scripted-api.ts";

const unlimited = { requestsPerSecond: Number.POSITIVE_INFINITY };

test("a source that never closes does not keep a failed update from ending", async () => {
  const api = stub(() => refusal(401));
  async function* source() {
    try {
      yield* adds(5);
    } finally {
      await new Promise(() => {});
    }
  }
  const error = await rejection(api.client.update("vips", source(), { window: 2 }), UpdateError);
  expect(error.cause).toMatchObject({ status: 401 });
});

test("a source is not asked again once it has ended", async () => {
  let ends = 0;
  const actions = adds(3);
  const source = {
    [Symbol.iterator]: () => ({
      next() {
        const value = actions.shift();
        if (value !== undefined) return { done: false as const, value };
        if (++ends > 1) throw new Error("asked again");
        return { done: true as const, value: undefined };
      },
    }),
  };
  const report = await stub().client.update("vips", source, { window: 3, maxIdsPerRequest: 1 });
  expect(report.accepted).toBe(3);
  expect(ends).toBe(1);
});

test("an async iterator that answers at once is read without a wait for each record", async () => {
  const actions = adds(1000);
  let turns = 0;
  let turnsAtLast = 0;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const value = actions.shift();
        turnsAtLast = turns;
        queueMicrotask(() => turns++);
        return { done: value === undefined, value } as unknown as Promise<IteratorResult<AudienceAction>>;
      },
    }),
  };
  const report = await stub(undefined, unlimited).client.update("vips", source);
  expect(report).toMatchObject({ received: 1000, accepted: 1000 });
  expect(turnsAtLast).toBe(0);
});

test("a slow synchronous source lets an abort through after a few records", async () => {
  const api = stub();
  const controller = new AbortController();
  let read = 0;
  function* source() {
    for (;;) {
      read++;
      api.time.skip(20);
      yield add(`${read}`);
    }
  }
  const updating = rejection(api.client.update("vips", source(), { signal: controller.signal }), UpdateError);
  setImmediate(() => controller.abort(new Error("enough")));
  await updating;
  expect(read).toBeLessThanOrEqual(64);
});

test("an id that a getter gives is read once", async () => {
  let reads = 0;
  const action = {
    action: "add",
    get id() {
      return `id-${reads++}`;
    },
  } as const;
  const api = stub();
  await api.client.update("vips", [action]);
  expect([reads, api.updates[0]!.actions]).toEqual([1, [add("id-0")]]);
});

test("maxInFlight: Infinity costs no more timers than requests", async () => {
  const api = stub(accept, { maxInFlight: Number.POSITIVE_INFINITY });
  let sleeps = 0;
  const { sleep } = api.time;
  api.time.sleep = (ms, signal) => {
    sleeps++;
    return sleep(ms, signal);
  };
  const report = await api.client.update("vips", adds(500), { maxIdsPerRequest: 1 });
  expect(report.requests).toBe(500);
  // A turn and a timeout for each, and a few for the run.
  expect(sleeps).toBeLessThan(2 * 500 + 10);
});

test("a misspelled option is refused before anything is sent", async () => {
  const api = stub();
  const error = await rejection(
    api.client.update("vips", adds(1), { dryrun: true } as never),
    ConfigurationError,
  );
  expect(error).toMatchObject({ option: "dryrun" });
  expect(error.message).toContain("did you mean `dryRun`?");
  expect(api.calls).toHaveLength(0);
});

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
const hostileSource = fc.oneof(
  anything,
  fc.array(anything),
  fc
    .constantFrom<() => unknown>(
      () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) }),
      () => ({ [Symbol.iterator]: () => undefined }),
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("gone")) }) }),
      () =>
        new Proxy([], {
          get: () => {
            throw new Error("no");
          },
        }),
    )
    .map((make) => make()),
);

test("whatever the source is, nothing but an AudienceError leaves update", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileSource,
      fc.constantFrom("throw" as const, "skip" as const),
      async (source, invalid) => {
        const api = stub(accept, unlimited);
        const outcome = await api.client.update("vips", source as never, { invalid, window: 2 }).then(
          (report) => ({ report }),
          (error: unknown) => ({ error }),
        );
        if ("error" in outcome) expect(outcome.error).toBeInstanceOf(AudienceError);
        else expect(outcome.report.failed + outcome.report.unsent).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
