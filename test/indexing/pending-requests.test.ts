import { expect, test } from "vitest";
import { IdSketch } from "../../src/indexing/id-sketch.ts";
import { WHOLE_AUDIENCE } from "../../src/indexing/indexing-state.ts";
import { type PendingIds, PendingRequests } from "../../src/indexing/pending-requests.ts";
import { SketchMemory } from "../../src/indexing/sketch-memory.ts";
import type { WaitSettings } from "../../src/indexing/wait-until-applied.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Window } from "../../src/window/window.ts";
import { virtualTime } from "../support/virtual-time.ts";

function sketchOf(...ids: string[]): IdSketch {
  const window = new Window(0);
  for (const [record, id] of ids.entries()) window.add({ id, json: "{}", bytes: 2 }, record);
  return new IdSketch(window.idHashes());
}

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
    async send(request) {
      if (request.method === "POST") throw new Error("not asked for");
      const target = (request.query.indexing_token as string | undefined) ?? WHOLE_AUDIENCE;
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
  const wait = (...ids: string[]) =>
    pending.waitUntilApplied("vips", transport, time, limits, sketchOf(...ids));
  return { pending, time, asked, wait };
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
  expect(asked).toEqual(["all"]);
  await wait("x", "d");
  expect(asked).toEqual(["all", "cd"]);
  await wait("a", "d");
  expect([asked, pending.isEmpty]).toEqual([["all", "cd", "ab"], true]);
});

test("a token that the API has given twice stands for both requests", async () => {
  const { pending, asked, wait } = pendingRequests();
  pending.addToken("t", request("a"), 0);
  pending.addToken("t", request("b"), 0);
  await wait("a");
  expect([asked, pending.isEmpty]).toEqual([["t"], true]);
});

test("requests whose ids are forgotten are asked for, whatever is sent next (G24)", async () => {
  const { pending, asked, wait } = pendingRequests();
  const hashes = new Float64Array(3 * 2 ** 20);
  const large = () => new IdSketch({ hashes, slots: new Uint32Array(hashes.length), length: hashes.length });
  pending.addToken("old", request("a"), 0);
  pending.addToken("large", { sketch: large(), from: 0, to: 1 }, 0);
  await wait("x");
  expect(asked).toEqual([]);
  pending.addToken("larger", { sketch: large(), from: 0, to: 1 }, 0);
  await wait("x");
  expect(asked).toEqual(["old", "large"]);
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
const LONG_AGO = -60_000;

test("for a token that the API has forgotten, the audience as a whole is asked for", async () => {
  const { pending, time, asked, wait } = pendingRequests(forgetsTokens);
  pending.addToken("t", request("a"), LONG_AGO);
  expect(pending.tokens).toEqual(["t"]);
  await wait("a");
  expect([asked, time.now(), pending.tokens, pending.isEmpty]).toEqual([["t", WHOLE_AUDIENCE], 0, [], true]);
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
