import { getEventListeners } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { systemRuntime, untilAborted } from "../src/runtime.ts";
import { idle } from "./support/virtual-time.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

afterEach(() => {
  // First the spies: one on a fake timer would put that fake back later, in another file of the same worker.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a sleep ends after its time", async () => {
  await expect(systemRuntime.sleep(1)).resolves.toBeUndefined();
});

test("a sleep that no single timer can hold does not end at once, but after its time", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const timers = vi.spyOn(globalThis, "setTimeout");
  let awake = false;
  void systemRuntime.sleep(2 * LONGEST_TIMER_MS + 5).then(() => {
    awake = true;
  });
  await vi.advanceTimersByTimeAsync(2 * LONGEST_TIMER_MS + 4);
  expect(awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(awake).toBe(true);
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([LONGEST_TIMER_MS, LONGEST_TIMER_MS, 5]);
});

test("an endless sleep never ends, and can be ended by its signal", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const controller = new AbortController();
  const slept = systemRuntime.sleep(Number.POSITIVE_INFINITY, controller.signal);
  slept.catch(() => {});
  await vi.advanceTimersByTimeAsync(10 * LONGEST_TIMER_MS);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort(new Error("enough"));
  await expect(slept).rejects.toThrow("enough");
  expect(vi.getTimerCount()).toBe(0);
});

test("an aborted sleep rejects with the signal's reason, and leaves neither timer nor listener", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const controller = new AbortController();
  const slept = systemRuntime.sleep(1000, controller.signal);
  expect(listeners(controller.signal)).toBe(1);
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(slept).rejects.toBe(reason);
  expect([listeners(controller.signal), vi.getTimerCount()]).toEqual([0, 0]);
  await expect(systemRuntime.sleep(1000, controller.signal)).rejects.toBe(reason);
  expect([listeners(controller.signal), vi.getTimerCount()]).toEqual([0, 0]);
});

test("a sleep that ended leaves no listener", async () => {
  const { signal } = new AbortController();
  await systemRuntime.sleep(1, signal);
  await idle();
  expect(listeners(signal)).toBe(0);
});

test("yieldToEventLoop lets sockets and timers run", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("immediate"));
  await systemRuntime.yieldToEventLoop();
  order.push("yieldToEventLoopd");
  expect(order).toEqual(["immediate", "yieldToEventLoopd"]);
});

test("a promise comes through a signal that is not aborted, and its listener goes", async () => {
  const { signal } = new AbortController();
  await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(untilAborted(Promise.reject(new Error("lost")), signal)).rejects.toThrow("lost");
  await expect(untilAborted(Promise.resolve(2), undefined)).resolves.toBe(2);
  await idle();
  expect(listeners(signal)).toBe(0);
});

test("many promises that wait for one signal share one listener, beside that of another caller", async () => {
  const controller = new AbortController();
  controller.signal.addEventListener("abort", () => {});
  const never = new Promise<never>(() => {});
  await untilAborted(Promise.resolve(), controller.signal);
  const raced = Array.from({ length: 100 }, () => untilAborted(never, controller.signal));
  expect(listeners(controller.signal)).toBe(2);
  controller.abort(new Error("enough"));
  const ends = await Promise.allSettled(raced);
  expect(ends.every((end) => end.status === "rejected" && end.reason === controller.signal.reason)).toBe(
    true,
  );
});

test("a promise that fails after the signal was aborted is not an unhandled rejection", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const controller = new AbortController();
  let fail = (_: Error): void => {};
  const raced = untilAborted(
    new Promise((_, reject) => {
      fail = reject;
    }),
    controller.signal,
  );
  controller.abort(new Error("enough"));
  await expect(raced).rejects.toThrow("enough");
  fail(new Error("too late"));
  await idle();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
