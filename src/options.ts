import { limits, server } from "../generated/limits.ts";
import { ConfigurationError } from "./errors.ts";

/** When and how often an attempt is repeated. */
export interface RetryPolicy {
  /** Repeats of a request after a fault that may pass. Waiting at a closed gate uses up none. Default 5. */
  retries: number;
  /** Ceiling of the random pause before the first repeat, in milliseconds; it doubles with each. Default 500. */
  minDelayMs: number;
  /** The highest that ceiling gets, in milliseconds. Default 30,000. */
  maxDelayMs: number;
  /**
   * The shortest pause of all requests after a 429, in milliseconds. Default 5,000: the vendor says "a few seconds" and,
   * elsewhere, at least 5.
   */
  throttleDelayMs: number;
  /** How long the API may answer nothing but 429 before the run ends, in milliseconds. Default 900,000. */
  maxThrottledMs: number;
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
  /** Across all routes, since the API counts per project key. Default 1; `Infinity` for no limit. */
  requestsPerSecond?: number | undefined;
  /** Requests outstanding together, so that a slow answer does not lower the rate. Default 4. */
  maxInFlight?: number | undefined;
  /** For one attempt, reading the body included, in milliseconds. Default 60,000. */
  timeoutMs?: number | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Default `globalThis.fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

export interface Config {
  restKey: string;
  projectKey: string;
  baseUrl: string;
  requestsPerSecond: number;
  maxInFlight: number;
  timeoutMs: number;
  retry: RetryPolicy;
  fetch: (request: Request) => Promise<Response>;
}

export const DEFAULT_RETRY: RetryPolicy = {
  retries: 5,
  minDelayMs: 500,
  maxDelayMs: 30_000,
  throttleDelayMs: 5_000,
  maxThrottledMs: 900_000,
};

export function readConfig(options: AudienceClientOptions): Config {
  if (typeof options !== "object" || options === null) {
    throw new ConfigurationError("options", "an object with restKey and projectKey", describe(options));
  }
  const { apiVersion = server.version, requestsPerSecond = 1, maxInFlight = 4, timeoutMs = 60_000 } = options;
  const { retry: policy = {} } = options;
  expect("retry", typeof policy === "object" && policy !== null, "an object", policy);
  const retry = { ...DEFAULT_RETRY, ...defined(policy) };
  key("restKey", options.restKey);
  key("projectKey", options.projectKey);
  expect(
    "apiVersion",
    typeof apiVersion === "string" && /^[\w.-]+$/.test(apiVersion),
    'a version like "2.11"',
    apiVersion,
  );
  expect(
    "requestsPerSecond",
    isAbove0(requestsPerSecond),
    "a number above 0, or Infinity",
    requestsPerSecond,
  );
  expect("maxInFlight", isCount(maxInFlight, 1), "a whole number from 1", maxInFlight);
  expect("timeoutMs", isAbove0(timeoutMs), "milliseconds above 0, or Infinity", timeoutMs);
  for (const [name, value] of Object.entries(retry)) {
    if (!Object.hasOwn(DEFAULT_RETRY, name)) {
      throw new ConfigurationError(
        `retry.${name}`,
        `one of ${Object.keys(DEFAULT_RETRY).join(", ")}`,
        "an unknown name",
      );
    }
    const valid = typeof value === "number" && value >= 0;
    expect(`retry.${name}`, valid, name === "retries" ? "a number from 0" : "milliseconds from 0", value);
  }
  const fetch = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  expect("fetch", typeof fetch === "function", "a function", fetch);
  const baseUrl = options.baseUrl ?? server.url.replace("{version}", apiVersion);
  checkBaseUrl(baseUrl);
  return {
    restKey: options.restKey,
    projectKey: options.projectKey,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    requestsPerSecond,
    maxInFlight,
    timeoutMs,
    retry,
    fetch,
  };
}

const AUDIENCE_NAME = new RegExp(limits.audienceNamePattern);

export function checkAudience(audience: unknown): asserts audience is string {
  const { maxAudienceNameLength: max } = limits;
  const valid = typeof audience === "string" && AUDIENCE_NAME.test(audience) && audience.length <= max;
  expect("audience", valid, `a name of 1 to ${max} of A-Z, a-z, 0-9, _ and -`, audience);
}

export function expect(option: string, valid: boolean, expected: string, given: unknown): asserts valid {
  if (!valid) throw new ConfigurationError(option, expected, describe(given));
}

export function isCount(value: unknown, least: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= least);
}

function isAbove0(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}

/** `undefined` means the default, as it does for a parameter. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function key(option: string, value: unknown): void {
  const expected = "a non-blank string";
  if (typeof value !== "string") throw new ConfigurationError(option, expected, typeof value);
  if (value.trim() === "") throw new ConfigurationError(option, expected, "a blank string");
  // Header values are Latin-1 without control characters. The runtime's own error would print the whole value.
  if (/[^\u0020-\u007e\u00a0-\u00ff]/.test(value)) {
    throw new ConfigurationError(
      option,
      "a key as the dashboard shows it",
      "a string with a line break, another control character or one outside Latin-1",
    );
  }
}

function checkBaseUrl(baseUrl: unknown): void {
  const expected = "an absolute http(s) address without user name, query or fragment";
  let url: URL;
  try {
    url = new URL(baseUrl as string);
  } catch {
    throw new ConfigurationError("baseUrl", expected, describe(baseUrl));
  }
  const plain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  const given = plain ? describe(baseUrl) : "one with such a part";
  if (!plain || !/^https?:$/.test(url.protocol)) throw new ConfigurationError("baseUrl", expected, given);
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value == null) return `${value}`;
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
