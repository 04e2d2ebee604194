import { UsageError } from "./cli-errors.ts";
import type { Flag } from "./command-options.ts";
import { didYouMean } from "./suggest.ts";

/** The value of an option that takes one of a few. */
export function oneOf<T extends string>(
  flag: Flag,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const known = allowed.find((choice) => choice === value);
  if (known === undefined) {
    const hint = didYouMean(value, allowed);
    throw new UsageError(`--${flag}: expected ${allowed.join(" or ")}, got ${JSON.stringify(value)}${hint}`);
  }
  return known;
}

/** The value of an option that takes a whole number. */
export function wholeNumber(
  flag: Flag,
  value: string | undefined,
  { min, max = Number.POSITIVE_INFINITY }: { min: number; max?: number },
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
  const range = Number.isFinite(max) ? `${min} to ${max}` : `${min}`;
  throw new UsageError(`--${flag}: expected a whole number from ${range}, got ${JSON.stringify(value)}`);
}

/** The value of an option that takes a number above 0; `Infinity` is one. */
export function positive(flag: Flag, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0)) {
    throw new UsageError(`--${flag}: expected a number above 0, or Infinity, got ${JSON.stringify(value)}`);
  }
  return number;
}
