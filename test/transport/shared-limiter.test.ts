import { expect, test } from "vitest";
import type { Limiter } from "../../src/options.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  accept,
  adds,
  expectBalance,
  firstAnswer,
  inProgress,
  refusal,
  rejection,
  stub,
} from "../support/scripted-api.ts";

/** Counts its turns, and writes down each pause. */
function watched(turn: (signal: AbortSignal) => Promise<void> = async () => {}) {
  const pauses: number[] = [];
  const limiter = {
    turns: 0,
    pauses,
    turn(signal: AbortSignal) {
      limiter.turns++;
      return turn(signal);
    },
    pause(ms: number) {
      pauses.push(ms);
    },
  };
  return limiter satisfies Limiter;
}

test("a limiter that is passed in gives the turns, in place of the client's own", async () => {
  const signals: AbortSignal[] = [];
  const limiter = watched(async (signal) => void signals.push(signal));
  const { client, time, calls } = stub(accept, { limiter });
  await client.update("vips", adds(5), { maxIdsPerRequest: 1 });
  await client.waitUntilApplied("vips", ["t0"]);
  await client.view("vips");
  expect([limiter.turns, calls.length]).toEqual([7, 7]);
  expect(signals.every((signal) => signal instanceof AbortSignal)).toBe(true);
  expect(time.now()).toBe(0);
});

test("how many requests are outstanding is counted by the client", async () => {
  let outstanding = 0;
  let most = 0;
  const { client, time } = stub(
    async (call) => {
      most = Math.max(most, ++outstanding);
      await time.sleep(100);
      outstanding--;
      return accept(call);
    },
    { limiter: watched(), maxInFlight: 2 },
  );
  await client.update("vips", adds(6), { maxIdsPerRequest: 1 });
  expect(most).toBe(2);
});

test("a 429 pauses it, and the report has the time", async () => {
  const limiter = watched((signal) => time.sleep(limiter.pauses.length === 0 ? 0 : 7_000, signal));
  const { client, time } = stub(
    firstAnswer(() => refusal(429, "slow down", { "Retry-After": "7" })),
    { limiter },
  );
  const forMs: number[] = [];
  const report = await client.update("vips", adds(1), {
    onProgress: ({ throttledForMs }) => void forMs.push(throttledForMs),
  });
  expect(limiter.pauses).toEqual([7_000]);
  expect([report.throttledMs, forMs[0]]).toEqual([7_000, 7_000]);
});

test("a 429 to client.http pauses it too", async () => {
  const limiter = watched();
  const { client } = stub(() => refusal(429), { limiter });
  await client.http.GET("/audiences/view", {
    params: { header: { "X-Batch-Project": "project" }, query: { name: "vips" } },
  });
  expect(limiter.pauses).toEqual([5_000]);
});

test("a repeat asks for its turn only once the pause has been made known", async () => {
  const order: string[] = [];
  const limiter: Limiter = {
    turn: async () => void order.push("turn"),
    pause: async () => {
      await time.sleep(50);
      order.push("paused");
    },
  };
  const { client, time } = stub(
    firstAnswer(() => refusal(429)),
    { limiter },
  );
  await client.update("vips", adds(1));
  expect(order).toEqual(["turn", "paused", "turn"]);
});

test("a turn that cannot be had ends the update with that error, and nothing is sent", async () => {
  const cause = new Error("the database is gone");
  const { client, calls } = stub(accept, { limiter: watched(() => Promise.reject(cause)) });
  const error = await rejection(client.update("vips", adds(3)), UpdateError);
  expect(error.cause).toBe(cause);
  expect(error.report).toMatchObject({ unsent: 3, requests: 0 });
  expect([calls.length, error.undelivered.length]).toEqual([0, 3]);
  expectBalance(error.report);
});

test("an abort ends the wait for a turn, even of a limiter that does not listen", async () => {
  let given: AbortSignal | undefined;
  const limiter = watched((signal) => {
    given = signal;
    return new Promise(() => {});
  });
  const { client, calls, time } = stub(accept, { limiter });
  const controller = new AbortController();
  const updating = rejection(client.update("vips", adds(3), { signal: controller.signal }), UpdateError);
  await time.sleep(100);
  controller.abort(new Error("enough"));
  expect((await updating).cause).toBe(controller.signal.reason);
  expect([calls.length, given?.aborted]).toEqual([0, true]);
});

test("an abort ends the wait for a pause that never becomes known, and nothing is in doubt", async () => {
  const controller = new AbortController();
  const limiter: Limiter = {
    turn: async () => {},
    pause: () => {
      queueMicrotask(() => controller.abort(new Error("enough")));
      return new Promise(() => {});
    },
  };
  const { client } = stub(() => refusal(429), { limiter });
  const error = await rejection(client.update("vips", adds(3), { signal: controller.signal }), UpdateError);
  expect(error.cause).toBe(controller.signal.reason);
  expect(error.report).toMatchObject({ failed: 0, unsent: 3, requests: 1 });
  expectBalance(error.report);
});

test("a pause that cannot be made known ends the update with that error", async () => {
  const cause = new Error("the database is gone");
  const limiter: Limiter = { turn: async () => {}, pause: () => Promise.reject(cause) };
  const { client } = stub(() => refusal(429), { limiter });
  const error = await rejection(client.update("vips", adds(3)), UpdateError);
  expect(error.cause).toBe(cause);
  expect(error.report).toMatchObject({ failed: 0, unsent: 3, requests: 1 });
  expectBalance(error.report);
});

/** As in a process that was suspended: the time is over, but the timer that aborts has not fired yet. */
function overdue() {
  const controller = new AbortController();
  const { signal } = controller;
  const state = { signal, isOver: false };
  signal.throwIfAborted = () => {
    if (state.isOver) controller.abort(new Error("overdue"));
    AbortSignal.prototype.throwIfAborted.call(signal);
  };
  return state;
}

test("no request starts after its turn if the signal is over by then (G20)", async () => {
  const state = overdue();
  const limiter = watched(async () => {
    state.isOver = limiter.turns === 3;
  });
  const { client, calls } = stub(accept, { limiter, maxInFlight: 1 });
  const updating = client.update("vips", adds(5), { maxIdsPerRequest: 1, signal: state.signal });
  const error = await rejection(updating, UpdateError);
  expect(error.report).toMatchObject({ accepted: 2, failed: 0, unsent: 3, requests: 2 });
  expect([calls.length, (error.cause as Error).message]).toEqual([2, "overdue"]);
  expectBalance(error.report);
});

test("no poll starts after its turn if the signal is over by then", async () => {
  const state = overdue();
  const limiter = watched(async () => {
    state.isOver = limiter.turns === 3;
  });
  const { client, calls } = stub(inProgress, { limiter });
  const waiting = client.waitUntilApplied("vips", ["t"], { signal: state.signal });
  await expect(waiting).rejects.toThrow("overdue");
  expect(calls).toHaveLength(2);
});
