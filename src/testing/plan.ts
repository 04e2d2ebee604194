// What will happen to a request, decided when its headers arrive.

import { createBucket } from "./bucket.ts";
import type { FakeBatchOptions, RequestEntry } from "./fake-options.ts";
import { decideFault, type Fault, type Forced, forcedFault, scriptedFault, throttled } from "./faults.ts";
import { createRandom, type Random } from "./random.ts";

export interface Plan {
  fault: Fault | undefined;
  /** Refused because the client came sooner than the rate allows. */
  tooFast: boolean;
  latencyMs: number;
  /** For what the server makes up while it does the work. */
  random: Random;
}

/** What the fake knows besides its options. */
export interface Planning {
  /** The server's, in milliseconds since 1970. */
  date: () => number;
  /** Whether time is the fake's own: then the rate is that of the API, unless the options say otherwise. */
  isVirtual: () => boolean;
  /** What was asked for the next request, and for no other. */
  takeForced: () => Forced | undefined;
}

/** The API's. */
const REQUESTS_PER_SECOND = 1;

/** Each part of a plan is drawn from its own stream, so that none shifts another. */
const STREAM = { fault: 1, retryAfter: 2, latency: 3, work: 4 } as const;

export function createPlanner(
  options: FakeBatchOptions,
  { date, isVirtual, takeForced }: Planning,
): (entry: RequestEntry) => Plan {
  const { seed = 1, latencyMs = 0, script = [], faults = {}, faultsAfterWork = 0.5, burst = 2 } = options;
  const total = Object.values(faults).reduce((sum, rate) => sum + rate, 0);
  if (total > 1 + 1e-9) throw new RangeError(`Expected fault rates of at most 1 together, got ${total}`);
  const { requestsPerSecond = REQUESTS_PER_SECOND } = options;
  const isInRate = createBucket({ requestsPerSecond, burst });
  const isLimited = () => options.requestsPerSecond !== undefined || isVirtual();

  return (entry) => {
    const draw = (stream: keyof typeof STREAM) => createRandom(seed, entry.number, STREAM[stream]);
    const retryAfter = () =>
      typeof options.retryAfter === "function"
        ? options.retryAfter(draw("retryAfter"), date())
        : options.retryAfter;

    const tooFast = isLimited() && !isInRate(entry.at);
    const chooseFault = () => {
      if (tooFast) return throttled(retryAfter());
      const forced = takeForced();
      if (forced !== undefined) return forcedFault(forced, retryAfter);
      const scripted = typeof script === "function" ? script(entry) : script[entry.number - 1];
      if (scripted === "ok") return undefined;
      if (scripted !== undefined) return scriptedFault(scripted);
      return decideFault(draw("fault"), { rates: faults, afterWork: faultsAfterWork, retryAfter });
    };

    return {
      fault: chooseFault(),
      tooFast,
      latencyMs: typeof latencyMs === "function" ? latencyMs(draw("latency")) : latencyMs,
      random: draw("work"),
    };
  };
}
