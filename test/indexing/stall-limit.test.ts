import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { StallLimit } from "../../src/indexing/stall-limit.ts";
import { idle, virtualTime } from "../support/virtual-time.ts";

function setUp(limitMs = 1000, signal?: AbortSignal) {
  const time = virtualTime();
  return { time, limit: new StallLimit(limitMs, time, signal) };
}

test("is reached once so much time has counted, and says so by its signal", async () => {
  const { time, limit } = setUp();
  limit.start();
  await time.sleep(999);
  expect([limit.isReached, limit.signal.aborted]).toEqual([false, false]);
  await time.sleep(2);
  expect([limit.isReached, limit.signal.aborted]).toEqual([true, true]);
  expect(limit.signal.reason).toEqual(new Error("nothing has changed for too long"));
});

test("counts no time in which it is stopped, and none twice", async () => {
  const { time, limit } = setUp();
  limit.start();
  await time.sleep(400);
  limit.start();
  await time.sleep(200);
  limit.stop();
  limit.stop();
  await time.sleep(5000);
  limit.start();
  await time.sleep(399);
  expect(limit.isReached).toBe(false);
  await time.sleep(2);
  expect(limit.isReached).toBe(true);
});

test("is reached at once if all its time was used up before it is started again", async () => {
  const { time, limit } = setUp();
  limit.start();
  time.skip(3000);
  limit.stop();
  limit.start();
  const started = time.now();
  await time.sleep(1);
  expect([limit.isReached, time.now()]).toEqual([true, started + 1]);
});

test("counts from zero again after a change", async () => {
  const { time, limit } = setUp();
  limit.start();
  await time.sleep(900);
  limit.reset();
  await time.sleep(900);
  expect(limit.isReached).toBe(false);
  await time.sleep(101);
  expect(limit.isReached).toBe(true);
});

test("is never reached if it is Infinity, and sets no timer", async () => {
  const { time, limit } = setUp(Number.POSITIVE_INFINITY);
  limit.start();
  expect(time.asleep).toBe(0);
});

test("leaves neither a timer nor a listener once it is closed", async () => {
  const controller = new AbortController();
  const { time, limit } = setUp(1000, controller.signal);
  limit.start();
  expect([time.asleep, getEventListeners(controller.signal, "abort").length]).toEqual([1, 1]);
  limit.close();
  await idle();
  expect([time.now(), time.asleep, getEventListeners(controller.signal, "abort").length]).toEqual([0, 0, 0]);
});

test("passes on the reason of the signal that it is given", () => {
  const controller = new AbortController();
  const { limit } = setUp(1000, controller.signal);
  controller.abort("enough");
  expect([limit.signal.reason, limit.isReached]).toEqual(["enough", false]);
});
