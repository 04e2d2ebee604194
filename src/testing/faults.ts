// What may go wrong with a request, and the seeded decision whether it does.

import {
  type Answer,
  html,
  maintenance,
  refusal,
  tooManyRequests,
  withHeader,
  withoutToken,
} from "./answers.ts";
import { pick, type Random } from "./random.ts";

/** The faults that are more than another status and body. */
export type Breakage =
  | "reset" // the connection is reset instead of an answer
  | "resetMidRequest" // the connection is reset while the request's body is still coming
  | "truncated" // a good answer whose connection ends before its Content-Length
  | "cutJson" // a good answer whose JSON stops half way
  | "html" // the good status with a page for a body
  | "noToken" // a good answer without a token
  | "hang" // no answer until the client gives up
  | "redirect" // to another origin, which records what it is sent
  | "lateAfterReset" // the connection is reset, and the request arrives later: see the option `lateBy`
  | "lateAfterHang"; // no answer until the client gives up, and the request arrives later

export type FaultKind =
  | Breakage
  | "serverError" // 500, 502 or 503 without Retry-After, as JSON or as a page
  | "maintenance" // 503 with Retry-After
  | "requestTimeout" // 408
  | "throttled"; // 429

/** How often each fault strikes: 0 to 1, and at most 1 together. */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** When the server does what it is asked: before the fault, never, or after the client has seen the fault. */
export type Work = "before" | "never" | "later";

export type Fault = { work: Work } & ({ answer: Answer } | { breakage: Breakage }) & {
    /** What the log calls it. */
    kind: FaultKind | "scripted";
  };

/** A forced answer: "ok" is what happens without a fault; `undefined` leaves it to the seed. */
export type Scripted =
  | "ok"
  | { breakage: Breakage; afterWork?: boolean }
  | { status: number; headers?: Readonly<Record<string, string>>; body?: string; afterWork?: boolean };

/** What is asked for the next request alone. */
export type Forced = "throttle" | "lose the answer" | "hang" | Answer;

/** What the transport does in the end. */
export type Reply =
  /** "truncated": the connection ends in the middle of the body. */
  { kind: "whole" | "truncated"; answer: Answer } | { kind: "reset" | "hang" };

export interface FaultOptions {
  rates: FaultRates;
  /** How many of those that can strike before or after the work strike after it: 0 to 1. */
  afterWork: number;
  retryAfter: () => string | undefined;
}

/** Faults that leave no choice of when the work is done; the others come before it or after it. */
const WORK: Partial<Record<FaultKind, Work>> = {
  throttled: "never",
  redirect: "never",
  resetMidRequest: "never",
  noToken: "before",
  lateAfterReset: "later",
  lateAfterHang: "later",
};

/** The faults that a client may recover from. */
export const PASSING_FAULTS = [
  "serverError",
  "maintenance",
  "requestTimeout",
  "throttled",
  "reset",
  "resetMidRequest",
  "truncated",
  "cutJson",
  "html",
  "noToken",
  "hang",
] as const satisfies readonly FaultKind[];

/** All faults: also those that end a run by design, and those whose effect no client can undo. */
export const FAULT_KINDS = [
  ...PASSING_FAULTS,
  "redirect",
  "lateAfterReset",
  "lateAfterHang",
] as const satisfies readonly FaultKind[];

/** The same rate for each kind, `total` together: `evenly(0.3, PASSING_FAULTS)`. */
export function evenly(total: number, kinds: readonly FaultKind[]): FaultRates {
  return Object.fromEntries(kinds.map((kind) => [kind, total / kinds.length]));
}

/** What goes wrong with the request that this randomness belongs to, if anything. */
export function decideFault(random: Random, options: FaultOptions): Fault | undefined {
  let left = random();
  const work = random() < options.afterWork ? "before" : "never";
  for (const kind of FAULT_KINDS) {
    left -= options.rates[kind] ?? 0;
    if (left < 0) return { kind, work: WORK[kind] ?? work, ...effectOf(kind, random, options) };
  }
  return undefined;
}

export function scriptedFault(scripted: Exclude<Scripted, "ok">): Fault {
  const work = scripted.afterWork ? "before" : "never";
  if ("breakage" in scripted) {
    const { breakage } = scripted;
    return { kind: breakage, breakage, work: WORK[breakage] ?? work };
  }
  const { status, headers = {}, body = "" } = scripted;
  return { kind: "scripted", answer: { status, headers, body }, work };
}

export function forcedFault(forced: Forced, retryAfter: () => string | undefined): Fault {
  if (forced === "throttle") return throttled(retryAfter());
  if (forced === "hang") return scriptedFault({ breakage: "hang" });
  if (forced === "lose the answer") return scriptedFault({ breakage: "reset", afterWork: true });
  return { kind: "scripted", answer: forced, work: "never" };
}

export function throttled(retryAfter: string | undefined): Fault {
  return { kind: "throttled", answer: tooManyRequests(retryAfter), work: "never" };
}

/** What the client gets instead of the good answer. `elsewhere` is where a redirect points to. */
export function replyOf(fault: Fault | undefined, good: Answer, elsewhere: string): Reply {
  if (fault === undefined) return { kind: "whole", answer: good };
  if ("answer" in fault) return { kind: "whole", answer: fault.answer };
  switch (fault.breakage) {
    case "hang":
    case "lateAfterHang":
      return { kind: "hang" };
    case "reset":
    case "resetMidRequest":
    case "lateAfterReset":
      return { kind: "reset" };
    case "truncated":
      return { kind: "truncated", answer: good };
    case "cutJson":
      return { kind: "whole", answer: { ...good, body: firstHalf(good.body) } };
    case "html":
      return { kind: "whole", answer: html(good.status) };
    case "noToken":
      return { kind: "whole", answer: withoutToken(good) };
    case "redirect":
      // The redirect that makes a client which follows it send the whole body again.
      return { kind: "whole", answer: withHeader({ status: 307, body: "" }, "Location", elsewhere) };
  }
}

export function firstHalf(text: string): string {
  return text.slice(0, text.length / 2);
}

function effectOf(
  kind: FaultKind,
  random: Random,
  { retryAfter }: FaultOptions,
): { answer: Answer } | { breakage: Breakage } {
  switch (kind) {
    case "serverError":
      return { answer: serverError(random) };
    case "maintenance":
      return { answer: maintenance(retryAfter() ?? "1") };
    case "requestTimeout":
      return { answer: html(408) };
    case "throttled":
      return { answer: tooManyRequests(retryAfter()) };
    default:
      return { breakage: kind };
  }
}

function serverError(random: Random): Answer {
  const status = pick(random, [500, 502, 503]);
  if (random() < 0.5) return html(status);
  if (status === 503) return maintenance();
  return refusal(status, "SERVER_ERROR", "Something went wrong");
}
