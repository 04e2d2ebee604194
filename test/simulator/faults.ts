// What may go wrong with a request, and the seeded decision whether it does.

import { type Answer, html, maintenance, refusal, tooManyRequests } from "./answers.ts";
import { pick, type Random } from "./random.ts";

/** The replies that are more than a status and a body. */
export type Breakage =
  | "reset" // the connection is reset instead of an answer
  | "resetMidRequest" // the connection is reset while the request's body is still coming
  | "truncated" // a good answer whose connection ends before its Content-Length
  | "cutJson" // a good answer whose JSON stops half way
  | "html" // the good status with a page for a body
  | "noToken" // a good answer without a token
  | "hang" // no answer until somebody closes the connection
  | "redirect"; // to another origin, which records what it is sent

export type FaultKind =
  | Breakage
  | "serverError" // 500, 502 or 503 without Retry-After, as JSON or as a page
  | "maintenance" // 503 with Retry-After
  | "requestTimeout" // 408
  | "throttled"; // 429

export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** `afterWork`: the server has done what it was asked, and the client does not learn of it. */
export type Fault = { afterWork: boolean } & ({ answer: Answer } | { breakage: Breakage }) & {
    /** What the log calls it. */
    kind: FaultKind | "scripted";
  };

/** A forced answer: "ok" is what happens without a fault; `undefined` leaves it to the seed. */
export type Scripted =
  | "ok"
  | { breakage: Breakage; afterWork?: boolean }
  | { status: number; headers?: Readonly<Record<string, string>>; body?: string; afterWork?: boolean };

export interface FaultOptions {
  rates: FaultRates;
  /** How many of those that can strike before or after the work strike after it: 0 to 1. */
  afterWork: number;
  retryAfter: () => string | undefined;
}

const BEFORE: ReadonlySet<FaultKind> = new Set(["throttled", "redirect", "resetMidRequest"]);
const AFTER: ReadonlySet<FaultKind> = new Set(["noToken"]);

export const FAULT_KINDS = [
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
  "redirect",
] as const satisfies readonly FaultKind[];

/** All but those that end a run by design: a client may recover from each of these. */
export const PASSING_FAULTS = FAULT_KINDS.filter((kind) => kind !== "redirect");

/** The same rate for each kind, `total` together. */
export function evenly(total: number, kinds: readonly FaultKind[]): FaultRates {
  return Object.fromEntries(kinds.map((kind) => [kind, total / kinds.length]));
}

/** What goes wrong with the request that this randomness belongs to, if anything. */
export function decideFault(random: Random, options: FaultOptions): Fault | undefined {
  let left = random();
  const late = random() < options.afterWork;
  for (const kind of FAULT_KINDS) {
    left -= options.rates[kind] ?? 0;
    if (left >= 0) continue;
    return {
      kind,
      afterWork: AFTER.has(kind) || (late && !BEFORE.has(kind)),
      ...effect(kind, random, options),
    };
  }
  return undefined;
}

export function scriptedFault(scripted: Exclude<Scripted, "ok">): Fault {
  const { afterWork = false } = scripted;
  if ("breakage" in scripted) {
    const kind = scripted.breakage;
    return { kind, breakage: kind, afterWork: AFTER.has(kind) || (afterWork && !BEFORE.has(kind)) };
  }
  const { status, headers = {}, body = "" } = scripted;
  return { kind: "scripted", answer: { status, headers, body }, afterWork };
}

export function throttled(retryAfter: string | undefined): Fault {
  return { kind: "throttled", answer: tooManyRequests(retryAfter), afterWork: false };
}

function effect(
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
