import { expect, test } from "vitest";
import { WHOLE_AUDIENCE } from "../../src/indexing/indexing-state.ts";
import { PendingRequests } from "../../src/indexing/pending-requests.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { virtualTime } from "../support/virtual-time.ts";

/** Pending requests of an audience that says it is applied, and what it was asked for when. */
function pendingRequests(onView: (pending: PendingRequests) => void = () => {}) {
  const pending = new PendingRequests();
  const time = virtualTime();
  const asked: (string | typeof WHOLE_AUDIENCE)[] = [];
  const transport: Transport = {
    limiter: { intervalMs: 0, throttledMs: 0, throttledForMs: 0 },
    async send(request) {
      if (request.method === "POST") throw new Error("not asked for");
      asked.push((request.query.indexing_token as string | undefined) ?? WHOLE_AUDIENCE);
      onView(pending);
      const body = { indexing_state: "APPLIED" };
      return {
        kind: "answered",
        answer: { kind: "response", status: 200, body, asksToWait: false },
        attempts: 1,
        inDoubt: false,
        toError: () => undefined,
        redact: (text) => text,
      };
    },
  };
  const limits = { limitMs: 900_000, audienceLimitMs: 60_000 };
  const wait = (...ids: string[]) =>
    pending.waitUntilApplied(
      "vips",
      transport,
      time,
      limits,
      pending.hasDoubtAbout((id) => ids.includes(id)),
    );
  return { pending, time, asked, wait };
}

test("a doubt is waited out from the last request that was given up on, not from the first", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.addDoubt(["a"], time.now());
  await time.sleep(9000);
  pending.addDoubt(["b"], time.now());
  await wait("a");
  expect([asked, time.now()]).toEqual([[WHOLE_AUDIENCE], 19_000]);
});

test("once any id may be in doubt, it stays so until the audience as a whole is applied", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.addDoubt("any", time.now());
  pending.addDoubt(["a"], time.now());
  await wait("x");
  expect(asked).toEqual([WHOLE_AUDIENCE]);
  await wait("x");
  expect([asked.length, pending.isEmpty]).toEqual([1, true]);
});

test("beyond 100,000 ids in doubt, every id counts as one of them", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  const ids = Array.from({ length: 100_001 }, (_, id) => `${id}`);
  pending.addDoubt(ids.slice(1), time.now());
  await wait("x");
  expect(asked).toEqual([]);
  pending.addDoubt(ids, time.now());
  await wait("x");
  expect(asked).toEqual([WHOLE_AUDIENCE]);
});

test("a doubt that comes up while the audience is asked for is not settled by its answer", async () => {
  const { pending, time, asked, wait } = pendingRequests((pending) => {
    if (asked.length === 1) pending.addDoubt(["b"], time.now());
  });
  pending.addDoubt(["a"], time.now());
  await wait("a");
  expect(pending.isEmpty).toBe(false);
  await wait("b");
  expect([asked.length, pending.isEmpty]).toEqual([2, true]);
});
