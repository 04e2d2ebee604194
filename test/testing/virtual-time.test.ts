import { expect, test } from "vitest";
import { virtualTime } from "../../src/testing/index.ts";

test("sleepers wake in order of time, and in the order of falling asleep at the same time", async () => {
  const time = virtualTime();
  const woken: string[] = [];
  const sleep = (name: string, ms: number) => time.sleep(ms).then(() => woken.push(`${name} ${time.now()}`));
  await Promise.all([sleep("late", 1e12), sleep("first", 5), sleep("second", 5), sleep("now", 0)]);
  expect(woken).toEqual(["now 0", "first 5", "second 5", `late ${1e12}`]);
});

test("time stands still while there is something else to do", async () => {
  const time = virtualTime();
  const slept = time.sleep(1);
  const seen = await Promise.resolve().then(async () => {
    for (let i = 0; i < 100; i++) await null;
    return time.now();
  });
  expect(seen).toBe(0);
  await slept;
  expect(time.now()).toBe(1);
});

test("a sleeper whose signal is aborted is gone", async () => {
  const time = virtualTime();
  const controller = new AbortController();
  const slept = time.sleep(1000, controller.signal);
  controller.abort(new Error("enough"));
  await expect(slept).rejects.toThrow("enough");
  expect([time.asleep, time.now()]).toEqual([0, 0]);
});
