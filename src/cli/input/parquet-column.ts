/**
 * What a column of a Parquet file says of its values. hyparquet reads bytes that are no text as other ones, rounds decimals, and does
 * not tell a local time from one in UTC, so these are read here.
 */

import { isUtf8 } from "node:buffer";
import type { ParquetParsers, SchemaElement } from "hyparquet";
import { DIGITS_HELD } from "./exact-number.ts";
import type { ReadTimestamp } from "./timestamp.ts";

/** Some databases have 76 digits. */
const MAX_SCALE = 1000;

/** A value that cannot be sent as what it is. Texts are for people. */
export class RefusedValue {
  readonly expected: string;
  readonly shown: string;
  readonly #json: unknown;

  constructor(expected: string, shown: string, json: unknown = shown) {
    this.expected = expected;
    this.shown = shown;
    this.#json = json;
  }

  toJSON(): unknown {
    return this.#json;
  }
}

/** Bytes that are no text stay bytes. A replacement character would make one id of many. */
export const TEXT_PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes) => textOrBytes(bytes),
  jsonFromBytes(bytes) {
    const text = textOrBytes(bytes);
    return typeof text === "string" ? JSON.parse(text) : text;
  },
};

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** In damaged files, bytes are missing. */
function textOrBytes(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  return bytes !== undefined && isUtf8(bytes) ? decoder.decode(bytes) : bytes;
}

/** The column as hyparquet is to read it, without its option `utf8`, which would make text of decimals. */
export function elementToRead(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical, ...plain } = element;
  if (isDecimal(element)) return plain;
  if (logical?.type === "DATE") return { ...element, converted_type: "DATE" };
  const isText = element.type === "BYTE_ARRAY" && (converted === undefined || converted === "ENUM");
  return isText ? { ...element, converted_type: "UTF8" } : element;
}

/** What becomes of a value that hyparquet has read. Throws a `RangeError` for a column that there cannot be. */
export function valueReader(
  element: SchemaElement,
  readTimestamp: ReadTimestamp,
): (value: unknown) => unknown {
  const { converted_type: converted, logical_type: logical } = element;
  if (isDecimal(element)) {
    const scale = scaleOf(element);
    return (value) => decimalOf(value, scale);
  }
  if (converted === "DATE" || logical?.type === "DATE") {
    return (value) => timeOf(value, (iso) => iso.replace(/T.*/, ""), readTimestamp);
  }
  if (logical?.type === "TIMESTAMP" && logical.isAdjustedToUTC === false) {
    return (value) => timeOf(value, (iso) => iso.replace("Z", ""), readTimestamp);
  }
  const isTimeOfDay = converted === "TIME_MILLIS" || converted === "TIME_MICROS" || logical?.type === "TIME";
  return isTimeOfDay ? timeOfDay : (value) => value;
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === "DECIMAL" || logical_type?.type === "DECIMAL";
}

function scaleOf({ name, scale, logical_type: logical }: SchemaElement): number {
  const decimals = scale ?? (logical?.type === "DECIMAL" ? logical.scale : undefined) ?? 0;
  if (Number.isInteger(decimals) && decimals >= 0 && decimals <= MAX_SCALE) return decimals;
  throw new RangeError(`the column ${JSON.stringify(name)} has ${decimals} decimals`);
}

/** A whole number with all its digits, or the number that is written like the decimal. */
function decimalOf(value: unknown, scale: number): unknown {
  const unscaled = value instanceof Uint8Array ? integerOf(value) : value;
  if (typeof unscaled !== "bigint" && typeof unscaled !== "number") return value;
  const [, sign, digits] = /^(-?)(.*)$/.exec(String(unscaled))!;
  const padded = digits!.padStart(scale + 1, "0");
  const whole = padded.slice(0, padded.length - scale);
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, "");
  if (fraction === "") return BigInt(`${sign}${whole}`);
  const text = `${sign}${whole}.${fraction}`;
  if (`${whole}${fraction}`.replace(/^0+/, "").length <= DIGITS_HELD) return Number(text);
  const expected = `a number of at most ${DIGITS_HELD} digits, a longer one may be rounded`;
  return new RefusedValue(`${expected}; CAST it AS DOUBLE or VARCHAR`, text);
}

/** Of big-endian bytes in two's complement. */
function integerOf(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).toString("hex");
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex || "0"}`));
}

/** A time without an offset, as tables have it. `local` makes that of one in UTC. */
function timeOf(value: unknown, local: (iso: string) => string, readTimestamp: ReadTimestamp): unknown {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return value;
  const text = local(value.toISOString());
  const time = readTimestamp(text);
  if (time === "no offset") {
    return new RefusedValue("a time in UTC, or --timezone with the one it is from", text);
  }
  return time === undefined ? new RefusedValue("a time from the year 0000 to 9999", text) : new Date(time);
}

function timeOfDay(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const expected = "text, a number, a boolean or a time with its date; CAST it AS VARCHAR";
  return new RefusedValue(expected, "a time of day", value);
}
