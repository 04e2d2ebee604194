import { expect, test } from "vitest";
import type { PendingRequests } from "../../src/indexing/pending-requests.ts";
import { AudienceTurns } from "../../src/update/audience-turns.ts";

/** What is pending for an audience, as its next call gets it. */
function next(turns: AudienceTurns, audience: string): Promise<PendingRequests> {
  return turns.run(audience, undefined, async ({ pending }) => pending);
}

test("nothing is held of an audience whose calls have ended and have left nothing pending", async () => {
  const turns = new AudienceTurns();
  const first = await next(turns, "vips");
  expect(await next(turns, "vips")).not.toBe(first);
});

test("what a call has left pending is held until it is applied", async () => {
  const turns = new AudienceTurns();
  const first = await next(turns, "vips");
  const left = await turns.run("vips", undefined, async ({ pending }) => {
    pending.addToken("t", "any", 0);
    return pending;
  });
  expect(left).not.toBe(first);
  expect(await next(turns, "vips")).toBe(left);
  turns.applied("vips", ["another"]);
  expect(await next(turns, "vips")).toBe(left);
  turns.applied("vips", ["t"]);
  expect(await next(turns, "vips")).not.toBe(left);
});

test("what is pending is held while a call waits", async () => {
  const turns = new AudienceTurns();
  const calls = [next(turns, "vips"), next(turns, "vips")];
  const [first, second] = await Promise.all(calls);
  expect(second).toBe(first);
});

test("tokens of an audience that no call was made for are none of its business", () => {
  expect(() => new AudienceTurns().applied("vips", ["t"])).not.toThrow();
});
