import { expect, test } from "vitest";
import { FlushTimer } from "../../src/window/flush-timer.ts";
import { idle, virtualTime } from "../support/virtual-time.ts";

function timer(afterMs: number, runtime = virtualTime()) {
  const due: number[] = [];
  return { flush: new FlushTimer(afterMs, runtime, () => void due.push(runtime.now())), due, runtime };
}

test("is due so long after the first start, however often it is started", async () => {
  const { flush, due, runtime } = timer(5000);
  flush.start();
  await runtime.sleep(3000);
  flush.start();
  expect(flush.isDue).toBe(false);
  await runtime.sleep(10_000);
  expect([flush.isDue, due]).toEqual([true, [5000]]);
});

test("is not due once it is stopped, and leaves nobody asleep", async () => {
  const { flush, due, runtime } = timer(5000);
  flush.start();
  flush.start();
  flush.stop();
  await idle();
  expect(runtime.asleep).toBe(0);
  await runtime.sleep(10_000);
  expect([flush.isDue, due]).toEqual([false, []]);
});

test("starts again after a stop", async () => {
  const { flush, due, runtime } = timer(5000);
  flush.start();
  await runtime.sleep(6000);
  flush.stop();
  expect(flush.isDue).toBe(false);
  flush.start();
  await runtime.sleep(6000);
  expect([flush.isDue, due]).toEqual([true, [5000, 11_000]]);
});

test("a stop in the moment in which it would be due counts", async () => {
  const runtime = { ...virtualTime(), sleep: () => Promise.resolve() };
  const { flush, due } = timer(5000, runtime as never);
  flush.start();
  flush.stop();
  await idle();
  expect([flush.isDue, due]).toEqual([false, []]);
});

test("one that is never due does not sleep", async () => {
  const { flush, runtime } = timer(Number.POSITIVE_INFINITY);
  flush.start();
  await idle();
  expect(runtime.asleep).toBe(0);
});
