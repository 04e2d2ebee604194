import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createAudienceClient } from "../../src/client.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import type { UpdateOptions } from "../../src/update/update-options.ts";
import {
  type Answer,
  accept,
  add,
  adds,
  expectBalance,
  inProgress,
  refusal,
  rejection,
  silence,
  stub,
} from "../support/scripted-api.ts";
import { idle, virtualTime } from "../support/virtual-time.ts";
import { watchedSource } from "../support/watched-source.ts";

const reason = new Error("enough");

describe("an abort ends the update promptly, with all in the caller's hands and no listener left,", () => {
  /** Aborts `ms` into an update of 40 ids in four windows of two requests. */
  async function abortAfter(ms: number, answer: Answer, options: UpdateOptions = {}) {
    const api = stub(answer);
    const controller = new AbortController();
    const actions = watchedSource(adds(40));
    const updating = rejection(
      api.client.update("vips", actions, {
        window: 10,
        maxIdsPerRequest: 5,
        signal: controller.signal,
        ...options,
      }),
      UpdateError,
    );
    await api.time.sleep(ms);
    controller.abort(reason);
    const error = await updating;
    await idle();
    expect(api.time.now()).toBe(ms);
    expect(api.time.asleep).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    expect(actions.closed).toBe(true);
    expectBalance(error.report);
    expect(error.cause).toBe(reason);
    expect(error.undelivered).toHaveLength(error.report.failed + error.report.unsent);
    return { ...api, error, report: error.report };
  }

  test("while it waits for its turn", async () => {
    const { report } = await abortAfter(500, accept);
    expect(report).toMatchObject({ accepted: 5, failed: 0, requests: 1 });
  });

  test("while a request is on its way", async () => {
    const { report, updates } = await abortAfter(500, silence);
    expect(report).toMatchObject({ accepted: 0, failed: 5, requests: 1 });
    expect(updates[0]!.request.signal.aborted).toBe(true);
  });

  test("while several are on their way", async () => {
    const { report } = await abortAfter(1500, silence);
    expect(report).toMatchObject({ failed: 10, requests: 2, retries: 0 });
  });

  test("while an answer is being read", async () => {
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          cancel() {
            cancelled = true;
          },
        }),
        { status: 202 },
      );
    const { report } = await abortAfter(500, endless);
    expect(report).toMatchObject({ failed: 5, requests: 1 });
    expect(cancelled).toBe(true);
  });

  test("while it pauses before a retry", async () => {
    const { report } = await abortAfter(100, () => refusal(500));
    expect(report).toMatchObject({ accepted: 0, failed: 5, requests: 1, retries: 1 });
  });

  test("during a cooldown", async () => {
    const { report } = await abortAfter(2000, () => refusal(429));
    expect(report).toMatchObject({ accepted: 0, failed: 5, requests: 1, throttledMs: 2000 });
  });

  test("while it waits between windows", async () => {
    const { report, error } = await abortAfter(4500, (call) =>
      call.route === "update" ? accept(call) : inProgress(),
    );
    expect(report).toMatchObject({ accepted: 10, failed: 0, requests: 2 });
    expect([...error.undelivered]).toEqual(adds(report.unsent, 10));
  });

  test("while a look between windows is on its way", async () => {
    const { report, views } = await abortAfter(2500, (call) =>
      call.route === "update" ? accept(call) : silence(call),
    );
    expect(report).toMatchObject({ accepted: 10, polls: 1 });
    expect(views[0]!.request.signal.aborted).toBe(true);
  });
});

test("an update whose signal is aborted already sends nothing, and closes its source", async () => {
  const api = stub();
  const actions = watchedSource(adds(3));
  const signal = AbortSignal.abort(reason);
  const error = await rejection(api.client.update("vips", actions, { signal }), UpdateError);
  expect(error.cause).toBe(reason);
  expect(error.report).toMatchObject({ received: 0, requests: 0 });
  expect([api.calls.length, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
  expect(actions.closed).toBe(true);
});

test("an abort while the source is read ends that too, and nothing is sent", async () => {
  const api = stub();
  const controller = new AbortController();
  const actions = watchedSource(adds(1000), { 500: () => controller.abort(reason) });
  const error = await rejection(
    api.client.update("vips", actions, { signal: controller.signal }),
    UpdateError,
  );
  expect(error.cause).toBe(reason);
  expect(error.report).toMatchObject({ received: 500, unsent: 500, requests: 0 });
  expect([...error.undelivered]).toEqual(adds(500));
  expect(actions.closed).toBe(true);
});

test("an abort of an endless source that never waits is heard between two records", async () => {
  const time = virtualTime();
  let now = 0;
  // A clock that goes on with each look, as it does while records are read.
  const client = createAudienceClient({
    restKey: "key",
    projectKey: "project",
    runtime: { ...time, now: () => now++ },
  });
  const controller = new AbortController();
  function* endless() {
    for (let i = 0; ; i++) yield add(`${i % 1000}`);
  }
  const updating = rejection(client.update("vips", endless(), { signal: controller.signal }), UpdateError);
  setImmediate(() => controller.abort(reason));
  const { cause, undelivered, report } = await updating;
  expect(cause).toBe(reason);
  expect(undelivered).toHaveLength(report.unsent);
  expectBalance(report);
});

test("an abort while the source owes a record does not wait for it", async () => {
  const api = stub();
  const controller = new AbortController();
  let closed = false;
  const owing = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        closed = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const updating = rejection(api.client.update("vips", owing, { signal: controller.signal }), UpdateError);
  await idle();
  controller.abort(reason);
  expect((await updating).cause).toBe(reason);
  expect(closed).toBe(true);
});

test("an abort while an earlier update of the audience runs does not wait for that", async () => {
  const api = stub(silence);
  const controller = new AbortController();
  const first = rejection(api.client.update("vips", adds(1), { signal: controller.signal }), UpdateError);
  const impatient = new AbortController();
  const actions = watchedSource(adds(1));
  const second = rejection(api.client.update("vips", actions, { signal: impatient.signal }), UpdateError);
  await api.time.sleep(10);
  impatient.abort(reason);
  expect((await second).report).toMatchObject({ received: 0 });
  expect(api.time.now()).toBe(10);
  expect(actions.closed).toBe(true);
  expect(getEventListeners(impatient.signal, "abort")).toHaveLength(0);
  controller.abort(reason);
  await first;
});

test("an abort after the update does nothing", async () => {
  const api = stub();
  const controller = new AbortController();
  const report = await api.client.update("vips", adds(1), { signal: controller.signal });
  controller.abort(reason);
  expect(report.accepted).toBe(1);
});
