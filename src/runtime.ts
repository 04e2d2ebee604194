/**
 * Clock, timers and randomness: all that a client takes from the system besides `fetch`. A test passes its own, and needs neither
 * fake timers nor real waiting.
 */
export interface Runtime {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970, to read a `Retry-After` given as a date. */
  date(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets timers and sockets run. */
  yieldToEventLoop(): Promise<void>;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** A longer timer overflows a 32-bit integer and fires at once, in every runtime. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  date: () => Date.now(),
  random: () => Math.random(),
  yieldToEventLoop: () =>
    new Promise((resolve) => {
      // A timer of 0 ms takes at least 1 ms, which a source of millions would pay thousands of times.
      if (typeof setImmediate === "function") setImmediate(resolve);
      else setTimeout(resolve, 0);
    }),
  sleep: (ms, signal) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const asleep = new Promise<void>((resolve) => {
      const step = (left: number): void => {
        timer = setTimeout(
          () => (left > MAX_TIMER_MS ? step(left - MAX_TIMER_MS) : resolve()),
          Math.min(left, MAX_TIMER_MS),
        );
      };
      step(ms);
    });
    return untilAborted(asleep, signal).finally(() => clearTimeout(timer));
  },
};

/**
 * Settles like the promise, or rejects with the signal's reason, whichever is first. Then the listener is removed.
 * `Promise.race` with a long-lived promise would leave a reaction on it for every call.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(forget);
  });
}

const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `callback` when the signal is aborted. The returned function removes it. All callbacks share one listener: Node
 * warns of a leak from the eleventh listener on.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const callbacks = callbacksOf.get(signal) ?? new Set();
  callbacksOf.set(signal, callbacks.add(callback));
  // Adding the same function again adds no listener.
  signal.addEventListener("abort", callAll, { once: true });
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) signal.removeEventListener("abort", callAll);
  };
}

/** Uses `target`: in Node 20 the second listener of a signal gets no `currentTarget`. */
function callAll({ target }: Event): void {
  for (const callback of callbacksOf.get(target as AbortSignal) ?? []) callback();
}
