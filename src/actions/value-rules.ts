import { describe } from "../options.ts";

/** What the wrapped names take, for messages. */
export const WRAPPED_VALUES = {
  date: 'a Date or a string in RFC 3339 UTC, like "2026-11-23T09:30:00Z"',
  url: "a URL or a string with an absolute address",
} as const;

/**
 * RFC 3339 allows fractions and an offset. The API wants UTC, so the offset must be zero. A regular expression decides,
 * since to parse the text as a `Date` takes 30 times as long. February 29 is left to `isDate`.
 */
const RFC_3339_UTC =
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)|(?:0[13-9]|1[0-2])-30|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]00:00)$/;
/** What every URL parser accepts. To parse takes five times as long, so that is left to other addresses. */
const ORDINARY_URL = /^https?:\/\/(?:[a-z\d]+[.-])*[a-z]+(?::\d{1,4})?(?:[/?#][!#-[\]-~]*)?$/;
const MAX_URL_LENGTH = 2048;

/** Most wrapped strings. They are valid, and need no escape in JSON. */
export function isOrdinaryWrapped(wrap: "date" | "url", text: string): boolean {
  return text.length <= MAX_URL_LENGTH && (wrap === "date" ? isDate(text) : ORDINARY_URL.test(text));
}

/** Why a string cannot stand under `date(…)` or `url(…)`. */
export function problemOfWrapped(wrap: "date" | "url", text: string): string | undefined {
  const isValid = wrap === "date" ? isDate(text) : isUrl(text);
  if (!isValid) return `${wrap}(…) takes ${WRAPPED_VALUES[wrap]}, got ${describe(text)}`;
  return wrap === "url" ? problemOfLength(text) : undefined;
}

/** Why a `Date` cannot be sent under a name with this wrap. */
export function problemOfDate(wrap: "date" | "url" | undefined, value: Date): string | undefined {
  const year = yearOf(value);
  if (year === undefined) return "expected a Date, got an object that only looks like one";
  if (Number.isNaN(year)) return "expected a valid Date, got an Invalid Date";
  if (year < 0 || year > 9999) return `expected a year from 0 to 9999 (RFC 3339), got the year ${year}`;
  return wrap === "url" ? `url(…) takes ${WRAPPED_VALUES.url}, got a Date` : undefined;
}

/** By the prototype's method: the object may have another one. `undefined` if it is no `Date` after all. */
function yearOf(value: Date): number | undefined {
  try {
    return Date.prototype.getUTCFullYear.call(value);
  } catch {
    return undefined;
  }
}

/** `undefined` if it is no URL after all: `instanceof` believes any object with the prototype. */
export function addressOf(value: URL): string | undefined {
  try {
    return String(value.href);
  } catch {
    return undefined;
  }
}

export function problemOfLength(url: string): string | undefined {
  return url.length > MAX_URL_LENGTH
    ? `expected a URL of at most ${MAX_URL_LENGTH} characters, got ${url.length}`
    : undefined;
}

/** A value as a message names it, with its type where that may be what is wrong. */
export function describeValue(value: unknown): string {
  if (typeof value === "bigint") return `the bigint ${value}n`;
  const isPrimitive = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPrimitive ? `the ${typeof value} ${describe(value)}` : describe(value);
}

/** Also for objects of another realm: a plain object has one prototype, which has none. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Runtimes read a February 29 that its year does not have as March 1. */
function isDate(text: string): boolean {
  if (!RFC_3339_UTC.test(text)) return false;
  return !text.startsWith("02-29", 5) || new Date(text.slice(0, 10)).getUTCDate() === 29;
}

/** Not by `URL.canParse`: once it is hot, that of Node 20 refuses `https://é?`, which its parser takes. */
function isUrl(text: string): boolean {
  try {
    return new URL(text) !== undefined;
  } catch {
    return false;
  }
}
