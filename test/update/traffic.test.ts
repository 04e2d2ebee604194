import { expect, test } from "vitest";
import { Traffic } from "../../src/update/traffic.ts";

const EVENTS = [
  { kind: "attempt" },
  { kind: "throttled", waitMs: 5000 },
  { kind: "retry", waitMs: 100 },
  { kind: "attempt" },
] as const;

test("attempts of updates are counted as requests with their bytes, those of polls apart", () => {
  const traffic = new Traffic();
  for (const event of EVENTS) traffic.countUpdate(event, 100);
  expect(traffic.counts).toEqual({ requests: 2, retries: 1, bytes: 200, polls: 0 });
  for (const event of EVENTS) traffic.countPoll(event);
  expect(traffic.counts).toEqual({ requests: 2, retries: 1, bytes: 200, polls: 2 });
});
