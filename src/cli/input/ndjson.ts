import type { RecordKind } from "../arguments.ts";
import { clip } from "../format.ts";
import { isHeldAsNumber, isRoundedWhole } from "./exact-number.ts";
import type { Lines } from "./lines.ts";
import {
  actionOf,
  idText,
  ORIGIN,
  type Origin,
  type Problem,
  type Row,
  type Rows,
  unreadableRow,
} from "./row.ts";

/** One action in each line; blank lines are skipped. */
export async function* readNdjson(
  pieces: AsyncIterable<Lines>,
  file: string,
  action: RecordKind | undefined,
): AsyncGenerator<Rows> {
  for await (const { bytes, line: first, end } of pieces) {
    const rows: Row[] = [];
    for (const [index, text] of bytes.toString("utf8").split("\n").entries()) {
      if (text.trim() !== "") rows.push(rowOfLine(text, file, first + index, action));
    }
    yield { rows, end };
  }
}

function rowOfLine(text: string, file: string, line: number, action: RecordKind | undefined): Row {
  const origin = new NdjsonOrigin(text.trim(), file, line, action);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = `is not JSON: ${(error as Error).message}`;
    origin.isJson = false;
    return unreadableRow(origin.withProblem({ column: columnOf(reason, text), reason }));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const expected = action === "member" ? 'a member, {"id":"42"}' : 'an action, {"action":"add","id":"42"}';
    const reason = `expected ${expected}, got ${clip(text.trim())}`;
    return unreadableRow(origin.withProblem({ reason }));
  }
  const rounded = roundedAttribute(value, text);
  if (rounded !== undefined) return unreadableRow(origin.withProblem(rounded));
  if (action === undefined) return withOrigin(value, origin);
  const implied = actionOf(action);
  if ("action" in value && value.action !== implied) {
    const given = clip(JSON.stringify(value.action));
    const reason =
      action === "member"
        ? `members have no actions, each record is put on the audience: leave out ${given}`
        : `the line says ${given} and the command line "${action}"`;
    return unreadableRow(origin.withProblem({ column: "action", reason }));
  }
  return withOrigin({ ...value, action: implied }, origin);
}

/** A number so long, or with an exponent, that it may be rounded. */
const LONG_NUMBER = /:\s*-?(?:[\d.]{16}|[\d.]+e)/i;
/** Each string of a text that is JSON, and what stands after it if that is its number. */
const NAMED_NUMBERS = /("[^"\\]*(?:\\.[^"\\]*)*")(?:\s*:\s*(-?\d[\d.e+-]*))?/gi;

/** An attribute whose number may not be the one in the text. */
function roundedAttribute(value: object, text: string): Problem | undefined {
  if (!("attributes" in value) || typeof value.attributes !== "object" || value.attributes === null) {
    return undefined;
  }
  const attributes = value.attributes as Record<string, unknown>;
  for (const [name, number] of Object.entries(attributes)) {
    if (isRoundedWhole(number)) return wouldBeRounded(name, "a larger one may be rounded");
  }
  if (!LONG_NUMBER.test(text)) return undefined;
  for (const [, key, number] of text.matchAll(NAMED_NUMBERS)) {
    if (number === undefined || isHeldAsNumber(number)) continue;
    const name: string = JSON.parse(key!);
    // The same name may stand elsewhere in the record, too.
    if (attributes[name] === Number(number)) {
      return wouldBeRounded(name, `this one would become ${Number(number)}`);
    }
  }
  return undefined;
}

function wouldBeRounded(name: string, why: string): Problem {
  const reason = `expected a number of at most 15 digits, ${why}; write it as text, in quotes`;
  return { column: clip(`attributes.${name}`), reason };
}

/** A copy of every value would take a good part of the time. */
function withOrigin(value: object, origin: Origin): Row {
  const row = value as { [ORIGIN]: Origin };
  row[ORIGIN] = origin;
  return row;
}

/** Hands out the text of the line: it is exact, and values that are nested deeply overflow the stack of `JSON.stringify`. */
class NdjsonOrigin implements Origin {
  readonly file: string;
  readonly line: number;
  problem: Problem | undefined;
  isJson = true;
  readonly #text: string;
  readonly #action: RecordKind | undefined;

  constructor(text: string, file: string, line: number, action: RecordKind | undefined) {
    this.file = file;
    this.line = line;
    this.#text = text;
    this.#action = action;
  }

  get id(): string | undefined {
    const { id } = ((this.isJson && JSON.parse(this.#text)) ?? {}) as { id?: unknown };
    return idText(id);
  }

  recordJson(): string {
    return this.isJson ? this.#text : JSON.stringify(this.#text);
  }

  actionJson(): string {
    if (this.#action === undefined) return this.#text;
    const others = this.#text.slice(1).trimStart();
    return `{"action":"${actionOf(this.#action)}"${others === "}" ? "" : ","}${others}`;
  }

  /** NDJSON has the library's own names. */
  nameOf(path: string): string {
    return clip(path);
  }

  withProblem(problem: Problem): this & { problem: Problem } {
    return Object.assign(this, { problem });
  }
}

/** Not every message of the runtime says where; those that do not quote the place. */
function columnOf(message: string, text: string): number | undefined {
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position) + 1;
  return message.includes("Unexpected end") ? text.trimEnd().length + 1 : undefined;
}
