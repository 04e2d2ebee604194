// Virtual time: it passes only when there is nothing else left to do, and then at once.

import { type Runtime, systemRuntime, untilAborted } from "../runtime.ts";

/** The date at virtual time 0. */
const EPOCH = Date.parse("2026-11-23T09:30:00Z");

/** The `runtime` of a client, and of a fake, in which nothing really waits. */
export interface VirtualTime extends Runtime {
  /** Sleepers that have neither woken nor been aborted. */
  readonly asleep: number;
  /** Lets time pass at once, as a computation would. */
  skip(ms: number): void;
}

interface Sleeper {
  at: number;
  wake(): void;
}

/** Starts at 0. `random` is the randomness of the clients; by default it is always 0.5. */
export function virtualTime(random: () => number = () => 0.5): VirtualTime {
  let now = 0;
  let running = false;
  /** In the order in which they wake: by time, then by when they fell asleep. */
  const sleepers: Sleeper[] = [];

  async function run(): Promise<void> {
    running = true;
    while (sleepers[0] !== undefined && sleepers[0].at !== Number.POSITIVE_INFINITY) {
      await idle();
      const next = sleepers[0];
      if (next === undefined || next.at === Number.POSITIVE_INFINITY) break;
      sleepers.shift();
      now = Math.max(now, next.at);
      next.wake();
    }
    running = false;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (Number.isNaN(ms)) throw new Error("sleep(NaN)");
    let sleeper: Sleeper | undefined;
    const asleep = new Promise<void>((wake) => {
      sleeper = { at: now + ms, wake };
      const place = sleepers.findIndex(({ at }) => at > now + ms);
      sleepers.splice(place < 0 ? sleepers.length : place, 0, sleeper);
    });
    if (!running) void run();
    return untilAborted(asleep, signal).finally(() => {
      const place = sleepers.indexOf(sleeper!);
      if (place >= 0) sleepers.splice(place, 1);
    });
  }

  return {
    now: () => now,
    date: () => EPOCH + now,
    random,
    sleep,
    yieldToEventLoop: () => sleep(0),
    skip(ms) {
      now += ms;
    },
    get asleep() {
      return sleepers.length;
    },
  };
}

/** Lets everything happen that needs no time: a second turn runs after what the first one has started. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await systemRuntime.yieldToEventLoop();
}
