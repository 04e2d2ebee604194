// The time of a fake: virtual, and real once other processes take part.

import { type Runtime, systemRuntime } from "../runtime.ts";
import { createRandom } from "./random.ts";
import { virtualTime } from "./virtual-time.ts";

export interface FakeTime extends Runtime {
  /** Whether it is the fake's own virtual time. */
  readonly isVirtual: boolean;
  /** Passes by the system's clock from now on, from where it is. */
  becomeReal(): void;
}

/** `given` is used in its place, and stays. */
export function fakeTime(seed: number, given?: Runtime): FakeTime {
  let current = given ?? virtualTime(createRandom(seed));
  let isVirtual = given === undefined;
  return {
    get isVirtual() {
      return isVirtual;
    },
    now: () => current.now(),
    date: () => current.date(),
    sleep: (ms, signal) => current.sleep(ms, signal),
    yieldToEventLoop: () => current.yieldToEventLoop(),
    random: () => current.random(),
    becomeReal() {
      if (!isVirtual) return;
      isVirtual = false;
      const { random } = current;
      const offset = current.now() - systemRuntime.now();
      current = { ...systemRuntime, random, now: () => systemRuntime.now() + offset };
    },
  };
}
