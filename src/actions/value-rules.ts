/** What the wrapped names take, for messages. */
export const WRAPPED_VALUES = {
  date: 'a Date or a string in RFC 3339 UTC, like "2026-11-23T09:30:00Z"',
  url: "a URL or a string with an absolute address",
} as const;

/** RFC 3339 allows fractions and an offset. The API wants UTC, so the offset must be zero. */
const RFC_3339_UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]00:00)$/;
const MAX_URL_LENGTH = 2048;

/** Why a string cannot stand under `date(…)` or `url(…)`. */
export function problemOfWrapped(wrap: "date" | "url", text: string): string | undefined {
  if (wrap === "date") {
    return isDate(text) ? undefined : `date(…) takes ${WRAPPED_VALUES.date}, got ${quoteShort(text)}`;
  }
  try {
    new URL(text);
  } catch {
    return `url(…) takes ${WRAPPED_VALUES.url}, got ${quoteShort(text)}`;
  }
  return problemOfLength(text);
}

/** Why a `Date` cannot be sent under a name with this wrap. */
export function problemOfDate(wrap: "date" | "url" | undefined, value: Date): string | undefined {
  const year = value.getUTCFullYear();
  if (Number.isNaN(year)) return "expected a valid Date, got an Invalid Date";
  if (year < 0 || year > 9999) return `expected a year from 0 to 9999 (RFC 3339), got the year ${year}`;
  return wrap === "url" ? `url(…) takes ${WRAPPED_VALUES.url}, got a Date` : undefined;
}

export function problemOfLength(url: string): string | undefined {
  return url.length > MAX_URL_LENGTH
    ? `expected a URL of at most ${MAX_URL_LENGTH} characters, got ${url.length}`
    : undefined;
}

/** A value as a message names it. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return `the string ${quoteShort(value)}`;
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Also for objects of another realm: a plain object has one prototype, which has none. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Runtimes read February 30 as March 2, so the parsed date must be the one that was given. */
function isDate(text: string): boolean {
  const time = RFC_3339_UTC.exec(text)?.[1];
  const parsed = new Date(`${time}Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(`${time}.`);
}

function quoteShort(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
