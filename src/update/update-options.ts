import { limits } from "../../generated/limits.ts";
import type { ActionIssue } from "../actions/action.ts";
import { defined, expect, isCount } from "../options.ts";
import type { Checkpoint, Receipt, UpdateProgress } from "./report.ts";

export interface UpdateOptions {
  /** Ends the update at once: waits, requests on their way, and the source. */
  signal?: AbortSignal | undefined;
  /** Distinct ids that are held, and among which only the last action of each is sent. Default 1,000,000. */
  window?: number | undefined;
  /** Default and maximum 10,000, the document's `maxItems`. */
  maxIdsPerRequest?: number | undefined;
  /** Length of a body in UTF-8 bytes. Default 4,000,000: the API documents no limit. */
  maxBytesPerRequest?: number | undefined;
  /**
   * What an invalid action does. "throw", the default, ends the update before anything of its window is sent, with up to
   * 100 issues gathered; "skip" leaves it out and goes on.
   */
  invalid?: "throw" | "skip" | undefined;
  /**
   * Called for each issue of an action that is invalid, or that the API refused alone. `record` is what the source gave; of an
   * action that the API refused, the action as it was sent.
   */
  onRejected?: ((issue: ActionIssue, record: unknown) => void) | undefined;
  /** Called after each answer. */
  onProgress?: ((progress: UpdateProgress) => void) | undefined;
  /** Called for each accepted request. */
  onReceipt?: ((receipt: Receipt) => void) | undefined;
  /** Does everything but send, and reports what a real run would have sent. Default false. */
  dryRun?: boolean | undefined;
  /**
   * What a 400 or 422 does. "stop", the default, ends the update; "isolate" halves the chunk until the records that the API
   * refuses stand alone, delivers the others, and ends with an `UpdateError` that hands the refused ones back.
   */
  refused?: "stop" | "isolate" | undefined;
  /** With "isolate": ends the update once so many records have been refused alone. Default 100. */
  maxRefused?: number | undefined;
  /**
   * When a window may follow the one before. "applied", the default, once all of that is applied, since the API promises no
   * order between two requests; "accepted" once it is accepted, which is faster and right only if no id occurs in both.
   */
  betweenWindows?: "applied" | "accepted" | undefined;
  /** A checkpoint of an earlier run over the same source: what is settled is read over. */
  resumeFrom?: Checkpoint | undefined;
}

export type ReadUpdateOptions = ReturnType<typeof readUpdateOptions>;

export function readUpdateOptions(options: UpdateOptions = {}) {
  expect("options", typeof options === "object" && options !== null, "an object", options);
  const read = {
    window: 1_000_000,
    maxIdsPerRequest: limits.maxIdsPerRequest as number,
    maxBytesPerRequest: 4_000_000,
    invalid: "throw" as const,
    dryRun: false,
    refused: "stop" as const,
    maxRefused: 100,
    betweenWindows: "applied" as const,
    ...(defined(options) as Defined<UpdateOptions>),
  };
  const most = limits.maxIdsPerRequest;
  expect("window", isCount(read.window, 1), "a whole number from 1", read.window);
  const ids = read.maxIdsPerRequest;
  expect("maxIdsPerRequest", isCount(ids, 1) && ids <= most, `a whole number from 1 to ${most}`, ids);
  expect(
    "maxBytesPerRequest",
    isCount(read.maxBytesPerRequest, 1),
    "a whole number of bytes from 1",
    read.maxBytesPerRequest,
  );
  expect("maxRefused", isCount(read.maxRefused, 1), "a whole number from 1", read.maxRefused);
  oneOf("invalid", ["throw", "skip"], read.invalid);
  oneOf("refused", ["stop", "isolate"], read.refused);
  oneOf("betweenWindows", ["applied", "accepted"], read.betweenWindows);
  expect("dryRun", typeof read.dryRun === "boolean", "true or false", read.dryRun);
  for (const name of ["onRejected", "onProgress", "onReceipt"] as const) {
    expect(name, read[name] === undefined || typeof read[name] === "function", "a function", read[name]);
  }
  expectSignal(read.signal);
  const from = read.resumeFrom;
  if (from !== undefined) {
    const tokens = from?.indexingTokens ?? [];
    const valid = Number.isSafeInteger(from?.records) && from.records >= 0 && Array.isArray(tokens);
    expect(
      "resumeFrom",
      valid && tokens.every((token) => typeof token === "string"),
      "a checkpoint, { records: 1000 }",
      from,
    );
  }
  return read;
}

export function expectSignal(signal: unknown): void {
  expect("signal", signal === undefined || signal instanceof AbortSignal, "an AbortSignal", signal);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function oneOf(option: string, allowed: string[], given: unknown): void {
  expect(option, allowed.includes(given as string), allowed.map((value) => `"${value}"`).join(" or "), given);
}
