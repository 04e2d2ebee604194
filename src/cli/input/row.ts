import type { ActionName, RecordKind } from "../arguments.ts";
import type { TextEnd } from "./lines.ts";

/** Not a string, so that the library takes it for no part of the action. */
export const ORIGIN = Symbol("origin");

/**
 * One record of an input, as the action that the library is given. The library hands the same object back where it
 * rejects it.
 */
export interface Row {
  readonly action?: unknown;
  readonly id?: unknown;
  readonly attributes?: unknown;
  readonly [ORIGIN]: Origin;
}

/** The action of a record of this kind. A member is an add: the library takes it and hands it back as that. */
export function actionOf(kind: RecordKind): ActionName {
  return kind === "member" ? "add" : kind;
}

/** Where a row comes from. */
export interface Origin {
  /** Name of the input. */
  readonly file: string;
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** The id of the record, where it can be read. */
  readonly id: string | undefined;
  /** Why the record cannot become an action. */
  readonly problem?: Problem | undefined;
  /** The record as it stands in the input, in JSON. */
  recordJson(): string;
  /** The action that the row is, in JSON. */
  actionJson(row: Row): string;
  /** The input's name for a part of an action that the library calls `attributes.age`. */
  nameOf(path: string): string;
  /** What to do about a reason of the library, to be put after it. */
  adviceOn?(path: string, reason: string): string;
}

export interface Problem {
  /** A column by its name, or a character of the line by its number from 1. */
  column?: number | string | undefined;
  reason: string;
}

/** The rows of a piece of an input. */
export interface Rows {
  rows: Row[];
  /** Where the piece ends: these rows and those before them lie within that part of the inputs. */
  end: TextEnd | undefined;
}

/** A place between two records of the inputs. */
export interface RecordsEnd extends TextEnd {
  /** Before it. */
  records: number;
}

/** An id as an input may have it: whole numbers are ids too. */
export function idText(value: unknown): string | undefined {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" ? value : undefined;
}

/** A row that is no action. Without an id, so that the library rejects it, and counts it, once. */
export function unreadableRow(origin: Origin & { problem: Problem }): Row {
  return { action: "add", [ORIGIN]: origin };
}

/** The row that an object is, or `undefined` if it is an action of another source. */
export function asRow(record: unknown): Row | undefined {
  return typeof record === "object" && record !== null && ORIGIN in record ? (record as Row) : undefined;
}

/** Whether the row is an action, as far as its input can say. */
export function isReadable(row: Row): boolean {
  return row[ORIGIN].problem === undefined;
}
