import { expect } from "vitest";
import type { Counts } from "../../src/update/report.ts";
import { imbalance } from "./oracle.ts";

export function expectBalance(report: Counts): void {
  expect(imbalance(report), JSON.stringify({ ...report, receipts: undefined })).toBe(0);
}

/** One after the other, no closer than the rate allows and not much further apart. */
export function expectPace(starts: number[], intervalMs: number): void {
  const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(intervalMs);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1.25 * intervalMs);
}

/** What a promise rejects with, which has to be of the given class. */
export async function rejection<T>(promise: Promise<unknown>, of: abstract new (...args: never[]) => T) {
  const reason = await promise.then(
    () => "nothing: it resolved",
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(of);
  return reason as T;
}
