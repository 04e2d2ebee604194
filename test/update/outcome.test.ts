// What the table in decisions.test.ts leaves out.
import { expect, test } from "vitest";
import { ApiError } from "../../src/errors.ts";
import type { Answer } from "../../src/transport/answer.ts";
import type { SendResult } from "../../src/transport/transport.ts";
import { leavesChunkInDoubt, outcomeOf } from "../../src/update/outcome.ts";

const refused = new ApiError("refused", { status: 400, attempts: 1 });

function answered(answer: Answer, inDoubt = false): SendResult {
  const ended = { attempts: 1, toError: () => refused, redact: (text: string) => text };
  return { kind: "answered", answer, inDoubt, ...ended };
}

const response = (status: number, body?: unknown) =>
  answered({ kind: "response", status, body, asksToWait: false });
const kindOf = (result: SendResult, ids: number, isolate: boolean) => outcomeOf(result, ids, isolate).kind;

test("only a success with a token, or a 202, is accepted", () => {
  const withToken = [200, 202, 299, 300, 302, 400, 500].filter(
    (status) => kindOf(response(status, { indexing_token: "t" }), 2, false) === "accepted",
  );
  expect(withToken).toEqual([200, 202, 299]);
  const without = [200, 202, 299, 300, 400].filter(
    (status) => kindOf(response(status), 2, false) === "accepted",
  );
  expect(without).toEqual([202]);
});

test("a chunk is in doubt after a success without a token, and where an attempt is", () => {
  expect(leavesChunkInDoubt(response(202))).toBe(true);
  expect(leavesChunkInDoubt(response(202, { indexing_token: "" }))).toBe(true);
  expect(leavesChunkInDoubt(response(202, { indexing_token: "t" }))).toBe(false);
  expect(leavesChunkInDoubt(response(300))).toBe(false);
  expect(leavesChunkInDoubt(response(400))).toBe(false);
  expect(leavesChunkInDoubt(answered({ kind: "lost", cause: "refused" }))).toBe(false);
  expect(leavesChunkInDoubt(answered({ kind: "timeout" }, true))).toBe(true);
  expect(leavesChunkInDoubt({ ...response(202, { indexing_token: "t" }), inDoubt: true })).toBe(true);
});

function refusedIn(errors: unknown) {
  const outcome = outcomeOf(response(202, { indexing_token: "t", code: 1, errors }), 4, false);
  const { refused, unexpected } = outcome as Extract<typeof outcome, { kind: "accepted" }>;
  return { refused: Array.from(refused, ([place, { message }]) => [place, message]), unexpected };
}

test("records that an accepted answer refuses are known by their place, with the reason that it gives", () => {
  const said = "Batch accepted a request, but refused one of its records:";
  const errors = [{ bulk_index: 0, reason: "bad" }, { bulk_index: 1, reason: 7 }, { bulk_index: 3 }];
  expect(refusedIn(errors)).toEqual({
    refused: [
      [0, `${said} bad`],
      [1, `${said} 7`],
      [3, `${said} no reason given`],
    ],
    unexpected: "",
  });
});

test.each([-1, 4, 0.5, "0", undefined])("a place of %j is none, and its field is unexpected", (place) => {
  expect(refusedIn([{ bulk_index: place, reason: "bad" }])).toEqual({
    refused: [],
    unexpected: "code, errors",
  });
  const { refused, unexpected } = refusedIn([{ bulk_index: place }, { bulk_index: 2 }]);
  expect([refused.length, unexpected]).toEqual([1, "code, errors"]);
});

test("errors that are no list name no record", () => {
  expect(refusedIn("none")).toEqual({ refused: [], unexpected: "code, errors" });
});
