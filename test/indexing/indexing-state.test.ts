import { expect, test } from "vitest";
import {
  type IndexingState,
  indexingState,
  stateIn,
  WHOLE_AUDIENCE,
} from "../../src/indexing/indexing-state.ts";
import type { Answer } from "../../src/transport/answer.ts";

const response = (status: number, body?: unknown): Answer => ({
  kind: "response",
  status,
  body,
  asksToWait: false,
});
const state = (indexing_state: unknown) => response(200, { indexing_state });

test.each<[what: string, answer: Answer, ofToken: IndexingState, ofAudience: IndexingState]>([
  ["APPLIED", state("APPLIED"), "APPLIED", "APPLIED"],
  ["REPLACED", state("REPLACED"), "REPLACED", "REPLACED"],
  ["another state", state("IN_PROGRESS"), "open", "open"],
  ["no state", response(200, {}), "open", "APPLIED"],
  ["a state that is no text", state(5), "open", "APPLIED"],
  ["no body", response(200), "open", "APPLIED"],
  ["a body of null", response(200, null), "open", "APPLIED"],
  ["a text", response(200, "APPLIED"), "open", "APPLIED"],
  ["a lost connection", { kind: "lost", cause: "reset" }, "unanswered", "unanswered"],
  ["a timeout", { kind: "timeout" }, "unanswered", "unanswered"],
  ["a 408", response(408), "unanswered", "unanswered"],
  ["a 500", response(500), "unanswered", "unanswered"],
  ["a 503", response(503), "unanswered", "unanswered"],
  ["a 404", response(404), "unknown", "APPLIED"],
  ["a 202", response(202, { indexing_state: "APPLIED" }), "unreadable", "unreadable"],
  ["a 299", response(299), "unreadable", "unreadable"],
  ["a 300", response(300), "refused", "refused"],
  ["a 400", response(400), "refused", "refused"],
  ["a 499", response(499), "refused", "refused"],
])("%s says of a token and of the audience as a whole", (_what, answer, ofToken, ofAudience) => {
  expect([indexingState(answer, "t"), indexingState(answer, WHOLE_AUDIENCE)]).toEqual([ofToken, ofAudience]);
});

test("a state is a text", () => {
  expect([stateIn({ indexing_state: "A" }), stateIn({ indexing_state: 1 }), stateIn(null)]).toEqual([
    "A",
    undefined,
    undefined,
  ]);
});
