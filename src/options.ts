import { limits, server } from "../generated/limits.ts";
import { ConfigurationError } from "./errors.ts";
import { hash32 } from "./hash.ts";
import { type Runtime, systemRuntime } from "./runtime.ts";

/** When and how often a request is repeated. */
export interface RetryPolicy {
  /** Repeats of a request after a fault that may pass. A 429 uses up none. Default 5. */
  retries: number;
  /** Upper limit of the random pause before the first repeat, in milliseconds. It doubles with each repeat. Default 500. */
  minDelayMs: number;
  /** The highest value of that limit, in milliseconds. Default 30,000. */
  maxDelayMs: number;
  /**
   * The shortest cooldown after a 429, in milliseconds. Default 5,000: the vendor says "a few seconds" and, elsewhere, at
   * least 5.
   */
  throttleDelayMs: number;
  /**
   * How long a request may be throttled before it fails: time in cooldowns since its last answer that was not 429, in
   * milliseconds. Default 900,000.
   */
  maxThrottledMs: number;
}

/** Decides when a request may start. Programs that share one share their rate. */
export interface Limiter {
  /**
   * Resolves when a request may start. The check and the taking are one step: no two callers get the same turn. Rejects when the
   * signal is aborted. Any other rejection ends the call of the client that wanted to send.
   */
  turn(signal: AbortSignal): Promise<void>;
  /** Gives nobody a turn for so many milliseconds, after a 429. Never shortens an earlier pause. */
  pause(ms: number): void | Promise<void>;
}

export interface AudienceClientOptions {
  /** The REST API key of the Batch dashboard. Sent as the bearer token and shown nowhere. */
  restKey: string;
  /** The project key, sent as `X-Batch-Project`. */
  projectKey: string;
  /** Default "2.11", the newest version that the vendor's document names. */
  apiVersion?: string | undefined;
  /** The whole base address, version included. Default `https://api.batch.com/{apiVersion}`. */
  baseUrl?: string | undefined;
  /**
   * Across all routes, since the API counts per project key. Default 1; `Infinity` for no limit. With `limiter`, only the pauses
   * between two polls depend on it.
   */
  requestsPerSecond?: number | undefined;
  /** In place of the client's own: one that several programs share. A 429 calls its `pause`. */
  limiter?: Limiter | undefined;
  /** How many requests may be outstanding together, so that slow answers do not lower the rate. Default 4. */
  maxInFlight?: number | undefined;
  /** Limit of one attempt, the reading of its body included, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Default `globalThis.fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /**
   * Clock, timers and randomness. Default: those of the system. A test passes the virtual time of `batch-audiences/testing`, in
   * which nothing really waits.
   */
  runtime?: Runtime | undefined;
}

export type Fetch = (request: Request) => Promise<Response>;

/** The options with their defaults, checked. */
export interface ResolvedClientOptions {
  restKey: string;
  projectKey: string;
  baseUrl: string;
  requestsPerSecond: number;
  limiter: Limiter | undefined;
  maxInFlight: number;
  timeoutMs: number;
  retry: RetryPolicy;
  fetch: Fetch;
  runtime: Runtime;
}

export const DEFAULT_RETRY: RetryPolicy = {
  retries: 5,
  minDelayMs: 500,
  maxDelayMs: 30_000,
  throttleDelayMs: 5_000,
  maxThrottledMs: 900_000,
};

const NAMES = [
  "restKey",
  "projectKey",
  "apiVersion",
  "baseUrl",
  "requestsPerSecond",
  "limiter",
  "maxInFlight",
  "timeoutMs",
  "retry",
  "fetch",
  "runtime",
] as const satisfies (keyof AudienceClientOptions)[];

export function resolveClientOptions(options: AudienceClientOptions): ResolvedClientOptions {
  assertOptionNames("options", options, NAMES);
  const { apiVersion = server.version, requestsPerSecond = 1, maxInFlight = 4, timeoutMs = 60_000 } = options;
  const { restKey, projectKey, limiter, retry = {}, runtime = systemRuntime } = options;
  assertKey("restKey", restKey);
  assertKey("projectKey", projectKey);
  const isVersion = typeof apiVersion === "string" && /^[\w.-]+$/.test(apiVersion);
  assertOption("apiVersion", isVersion, 'a version like "2.11"', apiVersion);
  const isRate = typeof requestsPerSecond === "number" && requestsPerSecond > 0;
  assertOption("requestsPerSecond", isRate, "a number above 0, or Infinity", requestsPerSecond);
  const isLimiter = typeof limiter?.turn === "function" && typeof limiter.pause === "function";
  assertOption("limiter", limiter === undefined || isLimiter, "an object with `turn` and `pause`", limiter);
  assertOption("maxInFlight", isCount(maxInFlight, 1), "a whole number from 1, or Infinity", maxInFlight);
  const isTimeout = isMilliseconds(timeoutMs) && timeoutMs > 0;
  assertOption("timeoutMs", isTimeout, "milliseconds above 0, or Infinity", timeoutMs);
  const fetch = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  assertOption("fetch", typeof fetch === "function", "a function", fetch);
  const isRuntime = Object.keys(systemRuntime).every(
    (name) => typeof runtime?.[name as keyof Runtime] === "function",
  );
  assertOption("runtime", isRuntime, `an object with ${Object.keys(systemRuntime).join(", ")}`, runtime);
  const baseUrl = options.baseUrl ?? server.url.replace("{version}", apiVersion);
  assertBaseUrl(baseUrl);
  return {
    restKey,
    projectKey,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    requestsPerSecond,
    limiter,
    maxInFlight,
    timeoutMs,
    retry: resolveRetryPolicy(retry),
    fetch,
    runtime,
  };
}

/** Names an API and a project without showing them. A newer version of the API has the same audiences. */
export function destinationOf({ baseUrl, projectKey }: ResolvedClientOptions): string {
  const api = baseUrl.replace(/\/\d+(\.\d+)*$/, "");
  const bytes = new TextEncoder().encode(JSON.stringify([api, projectKey]));
  const halves = [0, 1].map((seed) => hash32(bytes, 0, bytes.length, seed));
  return halves.map((half) => half.toString(16).padStart(8, "0")).join("");
}

function resolveRetryPolicy(policy: Partial<RetryPolicy>): RetryPolicy {
  assertOptionNames("retry", policy, Object.keys(DEFAULT_RETRY));
  const retry = { ...DEFAULT_RETRY, ...defined(policy) };
  for (const [name, value] of Object.entries(retry)) {
    const isRetries = name === "retries";
    const expected = isRetries ? "a whole number from 0, or Infinity" : "milliseconds from 0, or Infinity";
    assertOption(`retry.${name}`, isRetries ? isCount(value, 0) : isMilliseconds(value), expected, value);
  }
  return retry;
}

const AUDIENCE_NAME = new RegExp(limits.audienceNamePattern);

export function assertAudience(audience: unknown): asserts audience is string {
  const { maxAudienceNameLength: max } = limits;
  const valid = typeof audience === "string" && AUDIENCE_NAME.test(audience) && audience.length <= max;
  assertOption("audience", valid, `a name of 1 to ${max} characters of A-Z, a-z, 0-9, _ and -`, audience);
}

export function assertOption(
  option: string,
  valid: boolean,
  expected: string,
  given: unknown,
): asserts valid {
  if (!valid) throw new ConfigurationError(option, expected, describe(given));
}

export function isCount(value: unknown, min: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= min);
}

export function isMilliseconds(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

export function isSignal(value: unknown): boolean {
  return value === undefined || value instanceof AbortSignal;
}

/** A misspelled option would be ignored: `dryrun: true` would send. */
export function assertOptionNames(what: string, options: object, names: readonly string[]): void {
  assertOption(what, typeof options === "object" && options !== null, "an object", options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const alike = names.map((name) => likeness(unknown.toLowerCase(), name.toLowerCase()) - name.length / 99);
  const nearest = names[alike.indexOf(Math.max(...alike))];
  const option = what === "options" ? unknown : `${what}.${unknown}`;
  const given = `an unknown name; did you mean \`${nearest}\`? The options are ${names.join(", ")}`;
  throw new ConfigurationError(option, "the name of an option", given);
}

/** How alike two words are: the pairs of letters of one that are in the other. */
function likeness(one: string, other: string): number {
  return [...one].filter((_, at) => other.includes(one.slice(at, at + 2))).length;
}

/** `undefined` means the default, as it does for a parameter. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function assertKey(option: string, value: unknown): void {
  const expected = "a non-blank string";
  if (typeof value !== "string") throw new ConfigurationError(option, expected, typeof value);
  if (value.trim() === "") throw new ConfigurationError(option, expected, "a blank string");
  // A header loses such spaces. An API that repeats the key then repeats another string, which would not be removed from
  // messages.
  if (value.trim() !== value) {
    throw new ConfigurationError(option, "a key as the dashboard shows it", "a string with spaces around it");
  }
  // Header values are Latin-1 without control characters. The runtime's own error would print the whole value.
  if (/[^\u0020-\u007e\u00a0-\u00ff]/.test(value)) {
    throw new ConfigurationError(
      option,
      "a key as the dashboard shows it",
      "a string with a control character or a character outside Latin-1",
    );
  }
}

function assertBaseUrl(baseUrl: unknown): asserts baseUrl is string {
  const expected = "an absolute http(s) address without user name, query or fragment";
  let url: URL;
  try {
    if (typeof baseUrl !== "string") throw new TypeError("no string");
    url = new URL(baseUrl);
  } catch {
    throw new ConfigurationError("baseUrl", expected, describe(baseUrl));
  }
  const plain = url.username === "" && url.password === "" && !/[?#\s]/.test(baseUrl);
  const given = plain ? describe(baseUrl) : "an address with one of these";
  if (!plain || !/^https?:$/.test(url.protocol)) throw new ConfigurationError("baseUrl", expected, given);
}

/** A value as a message names it. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value == null) return `${value}`;
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
