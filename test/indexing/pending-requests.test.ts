import { expect, test } from "vitest";
import { IdSketch } from "../../src/indexing/id-sketch.ts";
import { WHOLE_AUDIENCE } from "../../src/indexing/indexing-state.ts";
import { type PendingIds, PendingRequests } from "../../src/indexing/pending-requests.ts";
import { SketchMemory } from "../../src/indexing/sketch-memory.ts";
import type { WaitSettings } from "../../src/indexing/wait-until-applied.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Window } from "../../src/window/last-action-per-id.ts";
import { virtualTime } from "../support/virtual-time.ts";

function sketchOf(...ids: string[]): IdSketch {
  const window = new Window(0);
  for (const [record, id] of ids.entries()) window.add({ id, json: "{}", bytes: 2 }, record);
  return new IdSketch(window.idHashes());
}

const LONG_AGO = -60_000;

/** A request with these ids. */
const request = (...ids: string[]): PendingIds => ({ sketch: sketchOf(...ids), from: 0, to: ids.length });

type Target = string | typeof WHOLE_AUDIENCE;

/** What the API answers with; that it is applied, if nothing is returned. */
type OnView = (pending: PendingRequests, target: Target) => { status: number; body?: object } | undefined;

/** Pending requests of an audience, and what it was asked for. */
function pendingRequests(onView: OnView = () => undefined, more: Partial<WaitSettings> = {}) {
  const pending = new PendingRequests(new SketchMemory());
  const time = virtualTime();
  const asked: Target[] = [];
  const transport: Transport = {
    limiter: { intervalMs: 0, throttledMs: 0, throttledForMs: 0 },
    async send(request, { onEvent }) {
      onEvent?.({ kind: "attempt" });
      if (request.method === "POST") throw new Error("not asked for");
      const token = request.query.indexing_token;
      const target = token === undefined ? WHOLE_AUDIENCE : String(token);
      asked.push(target);
      const { status, body } = onView(pending, target) ?? {
        status: 200,
        body: { indexing_state: "APPLIED" },
      };
      return {
        kind: "answered",
        answer: { kind: "response", status, body, asksToWait: false },
        attempts: 1,
        inDoubt: false,
        toError: () => undefined,
        redact: (text) => text,
      };
    },
  };
  const limits = { limitMs: 900_000, audienceLimitMs: 60_000, ...more };
  const waitFor = (next: IdSketch | "any") => pending.waitUntilApplied("vips", transport, time, limits, next);
  const wait = (...ids: string[]) => waitFor(sketchOf(...ids));
  return { pending, time, asked, wait, waitFor };
}

test("a doubt is waited out from the last request that was given up on, not from the first", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.addDoubt(request("a"), time.now());
  await time.sleep(9000);
  pending.addDoubt(request("b"), time.now());
  await wait("a");
  expect([asked, time.now()]).toEqual([[WHOLE_AUDIENCE], 19_000]);
});

test("a request that becomes known to be applied while a doubt is waited out is not asked for", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.addToken("known", request("a"), time.now());
  pending.addDoubt(request("a"), time.now());
  const waiting = wait("a");
  pending.removeToken("known");
  await waiting;
  expect([asked, pending.isEmpty]).toEqual([[WHOLE_AUDIENCE], true]);
});

test("once any id may be in doubt, it stays so until the audience as a whole is applied", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.addDoubt("any", time.now());
  pending.addDoubt(request("a"), time.now());
  await wait("x");
  expect(asked).toEqual([WHOLE_AUDIENCE]);
  await wait("x");
  expect([asked.length, pending.isEmpty]).toEqual([1, true]);
});

test("beyond a thousand requests in doubt, every id counts as one of theirs", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  const doubtful = request("a");
  for (let n = 0; n < 1000; n++) pending.addDoubt(doubtful, time.now());
  await wait("x");
  expect(asked).toEqual([]);
  pending.addDoubt(doubtful, time.now());
  await wait("x");
  expect(asked).toEqual([WHOLE_AUDIENCE]);
});

test("of accepted requests, those are asked for that have one of the ids, and each once", async () => {
  const { pending, asked, wait } = pendingRequests();
  const sketch = sketchOf("a", "b", "c", "d");
  pending.addToken("ab", { sketch, from: 0, to: 2 }, 0);
  pending.addToken("cd", { sketch, from: 2, to: 4 }, 0);
  pending.addToken("all", "any", 0);
  await wait("x");
  expect([asked, pending.isEmpty]).toEqual([["all"], false]);
  await wait("x", "d");
  expect(asked).toEqual(["all", "cd"]);
  await wait("a", "d");
  expect([asked, pending.isEmpty]).toEqual([["all", "cd", "ab"], true]);
});

test("before a request of unknown ids, all are asked for", async () => {
  const { pending, asked, waitFor } = pendingRequests();
  pending.addToken("a", request("a"), 0);
  pending.addToken("b", request("b"), 0);
  await waitFor("any");
  expect([asked, pending.isEmpty]).toEqual([["a", "b"], true]);
});

test("of more than a thousand tokens, the oldest are asked for, whatever is sent next", async () => {
  const { pending, asked, wait } = pendingRequests();
  const ids = request("a");
  for (let n = 0; n < 1002; n++) pending.addToken(`${n}`, ids, 0);
  await wait("x");
  expect(asked).toEqual(["0", "1"]);
});

test("a token that is not known is removed already", () => {
  const { pending } = pendingRequests();
  pending.removeToken("t");
  expect(pending.isEmpty).toBe(true);
});

test("a token that the API has given twice stands for both requests", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("t", request("a"), 0);
  pending.addToken("t", request("b"), 0);
  await wait("a");
  expect([asked, pending.isEmpty]).toEqual([["t"], true]);
});

/** There is room for one of them. */
function large(): PendingIds {
  const hashes = new Float64Array(3 * 2 ** 20);
  const sketch = new IdSketch({ hashes, slots: new Uint32Array(hashes.length), length: hashes.length });
  return { sketch, from: 0, to: 1 };
}

test("requests whose ids are forgotten are asked for, whatever is sent next (G24)", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("old", request("a"), 0);
  pending.addToken("large", large(), 0);
  await wait("x");
  expect(asked).toEqual([]);
  pending.addToken("larger", large(), 0);
  await wait("x");
  expect(asked).toEqual(["old", "large"]);
});

test("a request in doubt takes up the memory for ids, too", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("old", request("a"), 0);
  pending.addDoubt(large(), 0);
  pending.addToken("large", large(), 0);
  await wait("x");
  expect(asked).toEqual(["old", WHOLE_AUDIENCE]);
});

test("the memory for the ids of a request is free once it is applied", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("old", request("a"), 0);
  pending.addToken("large", large(), 0);
  pending.removeToken("large");
  pending.addToken("next", large(), 0);
  await wait("x");
  expect(asked).toEqual([]);
});

test("the memory for the ids of a doubt is free once it is a doubt about any", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("old", request("a"), 0);
  pending.addDoubt(large(), LONG_AGO);
  pending.addDoubt("any", LONG_AGO);
  pending.addToken("next", large(), 0);
  await wait("x");
  expect(asked).toEqual([WHOLE_AUDIENCE]);
});

test("a doubt that comes up while the audience is asked for is not settled by its answer", async () => {
  const { pending, time, asked, wait } = pendingRequests((pending) => {
    if (asked.length === 1) pending.addDoubt(request("b"), time.now());
    return undefined;
  });
  pending.addDoubt(request("a"), time.now());
  await wait("a");
  expect(pending.isEmpty).toBe(false);
  await wait("b");
  expect([asked.length, pending.isEmpty]).toEqual([2, true]);
});

/** As for a token that the API has forgotten. */
const forgetsTokens: OnView = (_, target) => (target === WHOLE_AUDIENCE ? undefined : { status: 404 });
test("for a token that the API has forgotten, the audience as a whole is asked for", async () => {
  const { pending, time, asked, wait } = pendingRequests(forgetsTokens);
  pending.addToken("t", request("a"), LONG_AGO);
  expect(pending.tokens).toEqual(["t"]);
  await wait("a");
  expect([asked, time.now(), pending.tokens, pending.isEmpty]).toEqual([["t", WHOLE_AUDIENCE], 0, [], true]);
});

test("a token that is unknown while the newest is new is asked for again", async () => {
  const { pending, time, asked, wait } = pendingRequests(forgetsTokens);
  pending.addToken("old", request("a"), LONG_AGO);
  pending.addToken("new", request("a"), time.now());
  await wait("a");
  expect(asked.length).toBeGreaterThan(3);
  expect(time.now()).toBeGreaterThanOrEqual(30_000);
  expect(time.now()).toBeLessThan(30_000 + 200);
});

test.each<[what: string, onView: OnView]>([
  ["a token", (_, target) => (target === WHOLE_AUDIENCE ? undefined : { status: 204 })],
  ["a token, nor of the audience", () => ({ status: 204 })],
])("an answer that says nothing of %s is not asked for again", async (_, onView) => {
  const polls: object[] = [];
  const { pending, time, asked, wait } = pendingRequests(onView, { onPoll: (poll) => polls.push(poll) });
  pending.addToken("t", request("a"), LONG_AGO);
  await wait("a");
  expect([asked, time.now(), pending.isEmpty]).toEqual([["t", WHOLE_AUDIENCE], 0, true]);
  expect(polls.map((poll) => "indexingToken" in poll)).toEqual([true, false]);
});

test("a token is new for less than half a minute", async () => {
  const { pending, time, asked, wait } = pendingRequests(forgetsTokens);
  pending.addToken("t", request("a"), -30_000);
  await wait("a");
  expect([asked, time.now()]).toEqual([["t", WHOLE_AUDIENCE], 0]);
});

test("a forgotten token stays a doubt until the audience as a whole is applied", async () => {
  const busyFor = { answers: 1000 };
  const { pending, asked, wait } = pendingRequests(
    (_, target) => {
      if (target !== WHOLE_AUDIENCE) return { status: 404 };
      return busyFor.answers-- > 0 ? { status: 200, body: { indexing_state: "IN_PROGRESS" } } : undefined;
    },
    { limitMs: 5000 },
  );
  pending.addToken("t", request("a"), LONG_AGO);
  await expect(wait("a")).rejects.toThrow("may not be applied yet");
  expect([pending.tokens, pending.isEmpty]).toEqual([[], false]);
  busyFor.answers = 0;
  asked.length = 0;
  await wait("a");
  expect([asked, pending.isEmpty]).toEqual([[WHOLE_AUDIENCE], true]);
});

test("a doubt about other ids outlasts what is asked in place of a forgotten token", async () => {
  const { pending, time, asked, wait } = pendingRequests(forgetsTokens);
  pending.addDoubt(request("b"), time.now());
  pending.addToken("t", request("a"), LONG_AGO);
  await wait("a");
  expect([asked, pending.isEmpty]).toEqual([["t", WHOLE_AUDIENCE], false]);
});

test("what an earlier run has left is asked for at once, whatever its ids", async () => {
  const { pending, time, asked, wait } = pendingRequests();
  pending.resume(["t"], time.now());
  await wait("x");
  expect([asked, time.now(), pending.isEmpty]).toEqual([["t", WHOLE_AUDIENCE], 0, true]);
});

test("of more tokens than are held, none is asked for, but the audience as a whole", async () => {
  const { pending, asked, wait } = pendingRequests();
  for (let n = 0; n < 100_000; n++) pending.addToken(`${n}`, "any", 0);
  expect(pending.tokens).toHaveLength(100_000);
  pending.addToken("one more", "any", 0);
  expect(pending.tokens).toEqual([]);
  await wait("x");
  expect([asked, pending.isEmpty]).toEqual([[WHOLE_AUDIENCE], true]);
});

const isBusy: OnView = () => ({ status: 200, body: { indexing_state: "IN_PROGRESS" } });

test("an audience that others keep busy is waited for no longer than its limit", async () => {
  let told = 0;
  const { pending, time, wait } = pendingRequests(isBusy, { onAudienceBusy: () => void told++ });
  pending.resume([], time.now());
  await wait("a");
  expect([told, pending.isEmpty]).toEqual([1, true]);
  expect(time.now()).toBeGreaterThanOrEqual(60_000);
  expect(time.now()).toBeLessThan(60_000 + 200);
});

test("the limit for a busy audience counts from when it is asked for", async () => {
  const { pending, time, wait } = pendingRequests((_, target) => {
    if (target === WHOLE_AUDIENCE || time.now() < 50_000) return isBusy(pending, target);
    return { status: 404 };
  });
  pending.addToken("t", request("a"), LONG_AGO);
  await wait("a");
  expect(time.now()).toBeGreaterThanOrEqual(50_000 + 60_000);
});

test("an audience that is applied is not called busy, with a limit of 0", async () => {
  let told = 0;
  const limits = { audienceLimitMs: 0, onAudienceBusy: () => void told++ };
  const { pending, time, wait } = pendingRequests(undefined, limits);
  pending.resume([], time.now());
  await wait("a");
  expect([told, pending.isEmpty]).toEqual([0, true]);
});

test("with a limit of 0, a busy audience is asked once, also if nobody listens", async () => {
  const { pending, time, asked, wait } = pendingRequests(isBusy, { audienceLimitMs: 0 });
  pending.resume([], time.now());
  await wait("a");
  expect([asked, time.now()]).toEqual([[WHOLE_AUDIENCE], 0]);
});

test("a busy audience that nothing changes in is an error that says what was waited for", async () => {
  const { pending, time, wait } = pendingRequests(isBusy, { limitMs: 5000 });
  pending.resume([], time.now());
  await expect(wait("a")).rejects.toThrow(
    "A request to the audience vips, whose answer was lost, may not be applied yet. " +
      "Nothing has changed for 5000 ms. What was accepted is not lost: wait again.",
  );
});
