// What every answer decides, in one table. Its types ask for every cell: an answer or a situation without one does not compile.
import { expect, test } from "vitest";
import { DEFAULT_RETRY } from "../../src/options.ts";
import { type Answer, leavesDoubt } from "../../src/transport/answer.ts";
import { errorFromAnswer } from "../../src/transport/error-from-answer.ts";
import { decideRetry, type ExchangeSoFar, type RetryDecision } from "../../src/transport/retry-decision.ts";
import type { SendResult } from "../../src/transport/transport.ts";
import { leavesChunkInDoubt, type Outcome, outcomeOf } from "../../src/update/outcome.ts";

const TOKEN = { indexing_token: "token" };

function responses(statuses: number[], body: unknown = {}, retryAfterMs?: number): Answer[] {
  const asksToWait = retryAfterMs !== undefined;
  return statuses.map((status) => ({ kind: "response", status, body, asksToWait, retryAfterMs }));
}

const lost = (code: string): Answer => ({ kind: "lost", cause: Object.assign(new Error("lost"), { code }) });

/** Statuses from `from` to `to` that no other row has. */
const rest = (from: number, to: number, ...others: number[]): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(
    (status) => !others.includes(status),
  );

const ANSWERS = {
  "202 with a token": responses([202], TOKEN),
  "202 without a token": responses([202]),
  "another success with a token": responses(rest(200, 299, 202), TOKEN),
  "another success without a token": responses(rest(200, 299, 202)),
  "a redirect": responses(rest(300, 399)),
  "400 or 422": responses([400, 422]),
  "413": responses([413]),
  "another refusal": responses(rest(400, 499, 400, 408, 413, 422, 429), {}, 1000),
  "429": [...responses([429]), ...responses([429], {}, 60_000)],
  "408 or a failure of the server": [...responses([408, ...rest(500, 599)]), ...responses([500], {}, 1000)],
  "503 with Retry-After": responses([503], {}, 60_000),
  "no answer in time": [{ kind: "timeout" }],
  "a connection that broke": [lost("ECONNRESET"), { kind: "lost", cause: "no error" }],
  "no connection": [lost("ECONNREFUSED"), lost("EAI_AGAIN")],
  "no such host, or one not trusted": [lost("ENOTFOUND"), lost("CERT_HAS_EXPIRED")],
  "a fetch without a Response": [lost("NO_RESPONSE")],
} satisfies Record<string, Answer[]>;

/** What its exchange has used up. */
const EXCHANGES = {
  first: { retries: 0, throttledMs: 0 },
  "no retry left": { retries: DEFAULT_RETRY.retries, throttledMs: 0 },
  "no cooldown left": { retries: 0, throttledMs: DEFAULT_RETRY.maxThrottledMs },
} satisfies Record<string, ExchangeSoFar>;

const CHUNKS = {
  "one id": { ids: 1, isolate: false },
  ids: { ids: 2, isolate: false },
  "one id, isolated": { ids: 1, isolate: true },
  "ids, isolated": { ids: 2, isolate: true },
};

type Next = "stands" | "pause and retry" | "all wait" | "all wait, then retry" | "give up";

interface Decisions {
  next: Record<keyof typeof EXCHANGES, Next>;
  /** Once it stands or is given up. */
  outcome: Record<keyof typeof CHUNKS, Outcome["kind"]>;
  inDoubt: boolean;
}

const always = <Key extends string, Cell>(keys: Record<Key, unknown>, cell: Cell) =>
  Object.fromEntries(Object.keys(keys).map((key) => [key, cell])) as Record<Key, Cell>;
const stands = always(EXCHANGES, "stands" as const);
const retried = {
  first: "pause and retry",
  "no retry left": "give up",
  "no cooldown left": "pause and retry",
} as const;
const accepted = always(CHUNKS, "accepted" as const);
const failed = always(CHUNKS, "failed" as const);

const TABLE: Record<keyof typeof ANSWERS, Decisions> = {
  "202 with a token": { next: stands, outcome: accepted, inDoubt: false },
  "202 without a token": { next: stands, outcome: accepted, inDoubt: true },
  "another success with a token": { next: stands, outcome: accepted, inDoubt: false },
  "another success without a token": { next: stands, outcome: failed, inDoubt: true },
  "a redirect": { next: stands, outcome: failed, inDoubt: false },
  "400 or 422": {
    next: stands,
    outcome: { ...failed, "one id, isolated": "refused alone", "ids, isolated": "split" },
    inDoubt: false,
  },
  "413": {
    next: stands,
    outcome: {
      "one id": "failed",
      ids: "split",
      "one id, isolated": "refused alone",
      "ids, isolated": "split",
    },
    inDoubt: false,
  },
  "another refusal": { next: stands, outcome: failed, inDoubt: false },
  "429": {
    next: { first: "all wait", "no retry left": "all wait", "no cooldown left": "give up" },
    outcome: failed,
    inDoubt: false,
  },
  "408 or a failure of the server": { next: retried, outcome: failed, inDoubt: true },
  "503 with Retry-After": {
    next: {
      first: "all wait, then retry",
      "no retry left": "give up",
      "no cooldown left": "all wait, then retry",
    },
    outcome: failed,
    inDoubt: true,
  },
  "no answer in time": { next: retried, outcome: failed, inDoubt: true },
  "a connection that broke": { next: retried, outcome: failed, inDoubt: true },
  "no connection": { next: retried, outcome: failed, inDoubt: false },
  "no such host, or one not trusted": { next: stands, outcome: failed, inDoubt: false },
  "a fetch without a Response": { next: stands, outcome: failed, inDoubt: true },
};

const rows = Object.entries(TABLE) as [keyof typeof ANSWERS, Decisions][];

test("every status that can come has a row, and one only", () => {
  const statuses = Object.values(ANSWERS)
    .flat()
    .filter((answer) => answer.kind === "response")
    .map(({ status, body, asksToWait }) => `${status} ${status < 300 ? body === TOKEN : asksToWait}`);
  expect(new Set(statuses).size).toBe(statuses.length);
  const all = new Set(statuses.map((status) => Number.parseInt(status, 10)));
  expect([...all].sort()).toEqual(rest(200, 599));
});

test.each(rows)("%s: what comes next", (name, { next }) => {
  for (const answer of ANSWERS[name]) {
    const found = Object.entries(EXCHANGES).map(([situation, soFar]) => [
      situation,
      inWords(decideRetry(answer, soFar, DEFAULT_RETRY, () => 0.5)),
    ]);
    expect(Object.fromEntries(found), JSON.stringify(answer)).toEqual(next);
  }
});

test.each(rows)("%s: what becomes of a chunk, and whether it is in doubt", (name, { outcome, inDoubt }) => {
  for (const answer of ANSWERS[name]) {
    const result = resultOf(answer);
    const found = Object.entries(CHUNKS).map(([chunk, { ids, isolate }]) => [
      chunk,
      outcomeOf(result, ids, isolate).kind,
    ]);
    expect(Object.fromEntries(found), JSON.stringify(answer)).toEqual(outcome);
    expect(leavesChunkInDoubt(result), JSON.stringify(answer)).toBe(inDoubt);
  }
});

test.each([
  ["while an attempt was on its way", true, "failed"],
  ["before an attempt, or in the cooldown after a 429", false, "unsent"],
] as const)("a chunk that was aborted %s", (_when, inDoubt, kind) => {
  const reason = new Error("stop");
  const result: SendResult = { ...resultOf({ kind: "timeout" }), kind: "aborted", reason, inDoubt };
  for (const { ids, isolate } of Object.values(CHUNKS))
    expect(outcomeOf(result, ids, isolate)).toEqual({ kind, error: reason });
  expect(leavesChunkInDoubt(result)).toBe(inDoubt);
});

function inWords(decision: RetryDecision): Next {
  if (decision.kind === "final") return "stands";
  if (decision.kind === "give up") return "give up";
  if (decision.cooldownMs === undefined) return "pause and retry";
  return decision.usesRetry ? "all wait, then retry" : "all wait";
}

/** That of an exchange with one attempt. */
function resultOf(answer: Answer): SendResult {
  const inDoubt = leavesDoubt(answer);
  const about = { route: "POST /audiences/update", attempts: 1, timeoutMs: 60_000, secret: "key", inDoubt };
  return {
    kind: "answered",
    answer,
    attempts: 1,
    inDoubt,
    toError: () => errorFromAnswer(answer, about),
    redact: (text) => text,
  };
}
