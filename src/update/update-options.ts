import { limits } from "../../generated/limits.ts";
import type { ActionIssue } from "../actions/action.ts";
import { DEFAULT_LIMIT_MS } from "../indexing/wait-until-applied.ts";
import { assertOption, assertOptionNames, defined, isCount, isMilliseconds, isSignal } from "../options.ts";
import type { Spill } from "../window/spill.ts";
import type { SpilledPosition } from "../window/window-source.ts";
import type { Checkpoint, Receipt, UpdateProgress } from "./report.ts";

export interface UpdateOptions {
  /** Ends the update at once: waiting, requests in flight, and the source. */
  signal?: AbortSignal | undefined;
  /** How many distinct ids are held. Among them, only the last action of each id is sent. Default 1,000,000. */
  window?: number | undefined;
  /**
   * Sends a window that is not full once its oldest action has waited so long, in milliseconds. For sources that do not end,
   * such as queues. Default Infinity.
   */
  flushAfterMs?: number | undefined;
  /** Default and maximum 10,000, the document's `maxItems`. */
  maxIdsPerRequest?: number | undefined;
  /** Length of a body in UTF-8 bytes. Default 4,000,000: the API documents no limit. */
  maxBytesPerRequest?: number | undefined;
  /**
   * What an invalid action does. "throw", the default, ends the update with up to 100 issues, before anything of the window is
   * sent. "skip" leaves the action out.
   */
  invalid?: "throw" | "skip" | undefined;
  /**
   * Called for each issue of an invalid action, and for each action that the API refused alone. `record` is what the
   * source gave or, if the API refused it, the action as it was sent.
   */
  onRejected?: ((issue: ActionIssue, record: unknown) => unknown) | undefined;
  /** Called after each answer, and at the start of each cooldown. */
  onProgress?: ((progress: UpdateProgress) => unknown) | undefined;
  /** Called for each accepted request. */
  onReceipt?: ((receipt: Receipt) => unknown) | undefined;
  /**
   * Resolves only once every request is applied. If that does not come within `indexingTimeoutMs`, it rejects with an
   * `UpdateError` whose cause is a `NotAppliedError`. Default false.
   */
  wait?: boolean | undefined;
  /** Does everything but send, and reports what a real run would have sent. Default false. */
  dryRun?: boolean | undefined;
  /**
   * What a 400 or 422 does. "stop", the default, ends the update. "isolate" halves the chunk until the refused records stand
   * alone, and delivers the others. It ends with an `UpdateError` that hands the refused ones back.
   */
  refused?: "stop" | "isolate" | undefined;
  /** With "isolate": ends the update once so many records have been refused alone. Default 100. */
  maxRefused?: number | undefined;
  /**
   * When a window may follow the one before. "applied", the default: once earlier requests that may have one of its ids are
   * applied, since the API promises no order between requests. "accepted": once those are accepted. This asks for nothing, and
   * is right only if no id occurs in both.
   */
  betweenWindows?: "applied" | "accepted" | undefined;
  /**
   * How long nothing may move while earlier requests with the same ids are indexed, in milliseconds. Then the update ends with a
   * `NotAppliedError` as its cause. Time in which other requests use the rate does not count. Default 900,000: the API promises no time.
   */
  indexingTimeoutMs?: number | undefined;
  /**
   * How long to wait for the audience as a whole after an answer was lost, in milliseconds. Another program may keep it busy
   * for hours, so the update then goes on with a warning. Default 60,000.
   */
  busyTimeoutMs?: number | undefined;
  /**
   * Where the actions of a source go that does not fit one window: `directory(path)` of `batch-audiences/node`. The source is then
   * read to its end before anything is sent, and the last action of each id of all of it is sent, without waiting between windows.
   */
  spill?: Spill | undefined;
  /** A checkpoint of an earlier run over the same source. Records that it is done with are skipped. */
  resumeFrom?: Checkpoint | undefined;
}

type Defaults = Required<
  Pick<
    UpdateOptions,
    | "window"
    | "flushAfterMs"
    | "maxIdsPerRequest"
    | "maxBytesPerRequest"
    | "invalid"
    | "wait"
    | "dryRun"
    | "refused"
    | "maxRefused"
    | "betweenWindows"
    | "indexingTimeoutMs"
    | "busyTimeoutMs"
  >
>;
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The options with their defaults, checked. */
export type ResolvedUpdateOptions = Omit<UpdateOptions, keyof Defaults> & Defined<Defaults>;

const DEFAULTS: Defined<Defaults> = {
  window: 1_000_000,
  flushAfterMs: Number.POSITIVE_INFINITY,
  maxIdsPerRequest: limits.maxIdsPerRequest,
  maxBytesPerRequest: 4_000_000,
  invalid: "throw",
  wait: false,
  dryRun: false,
  refused: "stop",
  maxRefused: 100,
  betweenWindows: "applied",
  indexingTimeoutMs: DEFAULT_LIMIT_MS,
  busyTimeoutMs: 60_000,
};

type Check = readonly [expected: string, isValid: (value: never) => boolean];

const COUNT: Check = ["a whole number from 1, or Infinity", (value) => isCount(value, 1)];
const MILLISECONDS: Check = ["milliseconds from 0, or Infinity", isMilliseconds];
const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
const FUNCTION: Check = ["a function", (value) => value === undefined || typeof value === "function"];

const CHECKS: Record<keyof UpdateOptions, Check> = {
  signal: ["an AbortSignal", isSignal],
  window: COUNT,
  flushAfterMs: MILLISECONDS,
  maxIdsPerRequest: [
    `a whole number from 1 to ${limits.maxIdsPerRequest}`,
    (value) => isCount(value, 1) && value <= limits.maxIdsPerRequest,
  ],
  maxBytesPerRequest: ["a whole number of bytes from 1, or Infinity", COUNT[1]],
  invalid: oneOf("throw", "skip"),
  onRejected: FUNCTION,
  onProgress: FUNCTION,
  onReceipt: FUNCTION,
  wait: BOOLEAN,
  dryRun: BOOLEAN,
  refused: oneOf("stop", "isolate"),
  maxRefused: COUNT,
  betweenWindows: oneOf("applied", "accepted"),
  indexingTimeoutMs: MILLISECONDS,
  busyTimeoutMs: MILLISECONDS,
  spill: ["a directory, by `directory(path)` of batch-audiences/node", isSpill],
  resumeFrom: ["a checkpoint, { records: 1000 }", isCheckpoint],
};

/** The names of all options. */
export const UPDATE_OPTIONS: readonly string[] = Object.keys(CHECKS);

export function resolveUpdateOptions(options: UpdateOptions = {}): ResolvedUpdateOptions {
  assertOptionNames("options", options, UPDATE_OPTIONS);
  const settings = { ...DEFAULTS, ...defined(options) } as ResolvedUpdateOptions;
  for (const [name, [expected, isValid]] of Object.entries(CHECKS)) {
    const value = settings[name as keyof UpdateOptions] as never;
    assertOption(name, isValid(value), expected, value);
  }
  const { spill, flushAfterMs } = settings;
  const isEndless = flushAfterMs !== Number.POSITIVE_INFINITY;
  const expected = "left out with `spill`, which reads the source to its end";
  assertOption("flushAfterMs", spill === undefined || !isEndless, expected, flushAfterMs);
  // A dry run sends nothing, so there is nothing to wait for.
  return settings.dryRun ? { ...settings, betweenWindows: "accepted" } : settings;
}

function oneOf(...allowed: string[]): Check {
  return [allowed.map((value) => `"${value}"`).join(" or "), (value) => allowed.includes(value)];
}

function isSpill(value: Spill | undefined): boolean {
  return value === undefined || typeof value?.openWindows === "function";
}

function isCheckpoint(value: Checkpoint | undefined): boolean {
  if (value === undefined) return true;
  if (!Number.isSafeInteger(value?.records) || value.records < 0) return false;
  const { indexingTokens = [], refused = [], spilled } = value;
  if (spilled !== undefined && !isSpilledPosition(spilled)) return false;
  const areTokens =
    Array.isArray(indexingTokens) && indexingTokens.every((token) => typeof token === "string");
  return areTokens && Array.isArray(refused) && refused.every((action) => typeof action?.id === "string");
}

function isSpilledPosition(value: SpilledPosition): boolean {
  const { id, partition, record } = { ...value };
  return (
    typeof id === "string" &&
    [partition, record].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)
  );
}
