import { describe, expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import {
  accept,
  add,
  adds,
  type Call,
  expectBalance,
  rejection,
  remove,
  type Stub,
  stub,
} from "../support/scripted-api.ts";
import { idle } from "../support/virtual-time.ts";

const unlimited = { requestsPerSecond: Number.POSITIVE_INFINITY };
const idsOf = ({ actions }: Call) => actions.map(({ id }) => id).join();

/** A queue that gives out each action at its time, and counts how often it is asked. */
function queue({ time }: Stub, ...actions: [at: number, action: AudienceAction][]) {
  const state = { asked: 0, closed: false };
  async function* give() {
    try {
      for (const [at, action] of actions) {
        state.asked++;
        await time.sleep(at - time.now());
        yield action;
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, source: give() };
}

describe("flushAfterMs", () => {
  test("sends what a slow queue has given, in windows of that time, and loses nothing (G25)", async () => {
    const api = stub();
    const actions = adds(500);
    const { source } = queue(api, ...actions.map((action, n): [number, AudienceAction] => [200 * n, action]));
    const report = await api.client.update("vips", source, { flushAfterMs: 10_000 });
    expect(api.updates.flatMap((call) => call.actions)).toEqual(actions);
    expect(api.updates).toHaveLength(10);
    // The last window ends with the source.
    const waited = api.updates.slice(0, -1).map(({ at, actions }) => at - 200 * Number(actions[0]!.id));
    expect(new Set(waited)).toEqual(new Set([10_000]));
    expect(report).toMatchObject({ received: 500, accepted: 500 });
  });

  test("sends a window while the source is still asked for its next record, and takes that record afterwards (G25)", async () => {
    const api = stub();
    const { source, state } = queue(api, [0, add("a")], [100_000, add("b")]);
    const updating = api.client.update("vips", source, { flushAfterMs: 5000 });
    await api.time.sleep(50_000);
    expect(api.updates.map((call) => [call.at, idsOf(call)])).toEqual([[5000, "a"]]);
    expect(state.asked).toBe(2);
    const report = await updating;
    expect(api.updates.map(idsOf)).toEqual(["a", "b"]);
    expect(report.checkpoint).toEqual({ records: 2 });
  });

  test("counts from the oldest action of a window, not from the last", async () => {
    const api = stub();
    const { source } = queue(api, [0, add("a")], [3000, remove("a")], [4999, add("b")], [5001, add("c")]);
    await api.client.update("vips", source, { flushAfterMs: 5000 });
    expect(api.updates.map(({ actions }) => actions)).toEqual([[remove("a"), add("b")], [add("c")]]);
  });

  test("counts again for the window that follows a full one", async () => {
    const api = stub(accept, unlimited);
    const { source } = queue(api, [0, add("a")], [0, add("b")], [4000, add("c")], [60_000, add("d")]);
    await api.client.update("vips", source, { window: 2, flushAfterMs: 5000 });
    expect(api.updates.map((call) => [call.at, idsOf(call)])).toEqual([
      [4000, "a,b"],
      [9000, "c"],
      [60_000, "d"],
    ]);
  });

  test("lets a window that is due go on filling while the one before is sent", async () => {
    const api = stub(async (call) => {
      if (call.route === "update" && call.before === 0) await api.time.sleep(30_000);
      return accept(call);
    }, unlimited);
    const { source } = queue(
      api,
      [0, add("a")],
      [2000, add("b")],
      [20_000, remove("b")],
      [21_000, add("c")],
      [99_000, add("d")],
    );
    await api.client.update("vips", source, { flushAfterMs: 1000 });
    expect(api.updates.map(({ actions }) => actions)).toEqual([
      [add("a")],
      [remove("b"), add("c")],
      [add("d")],
    ]);
    expect(api.updates[1]!.at).toBe(31_000);
  });

  test("does not send a window again that became full while it was due", async () => {
    const api = stub(async (call) => {
      if (call.route === "update" && call.before === 0) await api.time.sleep(30_000);
      return accept(call);
    }, unlimited);
    const { source } = queue(api, [0, add("a")], [2000, add("b")], [20_000, add("c")], [21_000, add("d")]);
    const report = await api.client.update("vips", source, { flushAfterMs: 1000, window: 2 });
    expect(api.updates.map(idsOf)).toEqual(["a", "b,c", "d"]);
    expect(report.accepted).toBe(4);
  });

  test("also interrupts a source that never waits", async () => {
    const api = stub(accept, unlimited);
    function* source() {
      for (let n = 0; n < 100; n++) {
        api.time.skip(20);
        yield add(`${n}`);
      }
    }
    await api.client.update("vips", source(), { flushAfterMs: 500 });
    expect(api.updates.length).toBeGreaterThan(1);
    expect(api.updates.flatMap(({ actions }) => actions)).toEqual(adds(100));
  });

  test("ends the update for an invalid action when its window is due, and hands back the rest of it", async () => {
    const api = stub();
    const { source, state } = queue(api, [0, add("a")], [1000, add(" ")], [100_000, add("b")]);
    const error = await rejection(
      api.client.update("vips", source, { flushAfterMs: 5000 }),
      InvalidActionError,
    );
    expect(api.time.now()).toBeLessThan(100_000);
    expect(api.calls).toEqual([]);
    expect([...error.undelivered]).toEqual([add("a")]);
    expectBalance(error.report);
    expect(state.asked).toBe(3);
  });

  test("does not send what is valid of a window where an invalid action comes after it was due", async () => {
    const api = stub(async (call) => {
      await api.time.sleep(30_000);
      return accept(call);
    }, unlimited);
    const { source } = queue(api, [0, add("a")], [2000, add("b")], [20_000, add(" ")], [99_000, add("c")]);
    const error = await rejection(api.client.update("vips", source, { flushAfterMs: 1000 }), UpdateError);
    expect(api.updates.map(idsOf)).toEqual(["a"]);
    expect([...error.undelivered]).toEqual([add("b")]);
    expectBalance(error.report);
  });

  test("counts nothing while there are only records that are left out", async () => {
    const api = stub();
    const { source } = queue(api, [0, add(" ")], [20_000, add("a")], [22_000, add("b")]);
    const report = await api.client.update("vips", source, { flushAfterMs: 5000, invalid: "skip" });
    expect(api.updates.map(idsOf)).toEqual(["a,b"]);
    expect(report).toMatchObject({ rejected: 1, accepted: 2, checkpoint: { records: 3 } });
  });

  test("a source that fails while a window is sent ends the update with all that was not sent", async () => {
    const api = stub(async (call) => {
      await api.time.sleep(30_000);
      return accept(call);
    }, unlimited);
    async function* source() {
      yield add("a");
      await api.time.sleep(2000);
      yield add("b");
      await api.time.sleep(2000);
      throw new Error("the queue is gone");
    }
    const error = await rejection(api.client.update("vips", source(), { flushAfterMs: 1000 }), UpdateError);
    expect(error.message).toContain("the queue is gone");
    expect(api.updates.map(idsOf)).toEqual(["a"]);
    expect([...error.undelivered]).toEqual([add("b")]);
    expectBalance(error.report);
  });

  test.each([undefined, 5000])(
    "with %s leaves no timer behind after an abort or the end",
    async (abortAt) => {
      const api = stub();
      const controller = new AbortController();
      const { source, state } = queue(api, [0, add("a")], [7000, add("b")], [8000, add("c")]);
      const updating = api.client
        .update("vips", source, { flushAfterMs: 100_000, signal: controller.signal })
        .catch(() => {});
      if (abortAt !== undefined) {
        await api.time.sleep(abortAt);
        controller.abort(new Error("enough"));
      }
      await updating;
      if (abortAt === undefined) expect(state.closed).toBe(true);
      else await api.time.sleep(10_000);
      await idle();
      expect(api.time.asleep).toBe(0);
      expect(api.time.now()).toBeLessThan(30_000);
    },
  );
});
