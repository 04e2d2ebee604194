// What the diagnostics channels say of the requests of a soak, counted as a program with metrics would.

import { channel, tracingChannel } from "node:diagnostics_channel";

interface Request {
  outcome: "response" | "lost" | "timeout" | "aborted";
  status?: number;
}

interface Observed {
  /** By status, or else by what became of the request. */
  counts: Map<string, number>;
  throttles: number;
  /** Returns the channels that somebody else still listens to. */
  end(): string[];
}

const NAMES = ["update", "request"].flatMap((name) =>
  ["start", "end", "asyncStart", "asyncEnd", "error"].map(
    (event) => `tracing:batch-audiences:${name}:${event}`,
  ),
);
const THROTTLE = "batch-audiences:throttle";

export function observeRequests(): Observed {
  const observed: Observed = { counts: new Map(), throttles: 0, end };
  const { asyncEnd } = tracingChannel("batch-audiences:request");
  const onRequest = (message: unknown) => {
    const { outcome, status } = message as Request;
    const became = outcome === "response" ? `${status}` : outcome;
    observed.counts.set(became, (observed.counts.get(became) ?? 0) + 1);
  };
  const onThrottle = () => {
    observed.throttles++;
  };
  asyncEnd.subscribe(onRequest);
  channel(THROTTLE).subscribe(onThrottle);

  function end(): string[] {
    asyncEnd.unsubscribe(onRequest);
    channel(THROTTLE).unsubscribe(onThrottle);
    return [...NAMES, THROTTLE].filter((name) => channel(name).hasSubscribers);
  }
  return observed;
}
