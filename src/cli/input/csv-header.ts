import type { ActionName, RecordKind } from "../arguments.ts";
import { UsageError } from "../cli-errors.ts";
import { pluralize, quote } from "../format.ts";
import { didYouMean } from "../suggest.ts";
import { CELL_TYPES, type CellType, cellType } from "./csv-cell-to-attribute.ts";
import { actionOf } from "./row.ts";

export interface TableOptions {
  idColumn: string;
  /** For a table without the column `action`. */
  action: RecordKind | undefined;
}

/** What the header of a table says about its cells. */
export interface CsvHeader {
  names: readonly string[];
  idAt: number;
  /** The action of every row, or the column that has it. */
  action: ActionName | { at: number };
  attributes: readonly AttributeColumn[];
}

interface AttributeColumn {
  at: number;
  attribute: string;
  type: CellType;
}

/** Column names in a message. */
const NAMES_SHOWN = 10;

/** Throws a `UsageError` for a header by which no row can be read. */
export function readHeader(names: readonly string[], place: string, options: TableOptions): CsvHeader {
  try {
    checkNames(names);
    const idAt = findId(names, options.idColumn);
    const action = findAction(names, options.action);
    const actionAt = typeof action === "string" ? undefined : action.at;
    const attributes = names
      .map((name, at) => ({ name, at }))
      .filter(({ at }) => at !== idAt && at !== actionAt)
      .map(({ name, at }) => ({ at, ...readAttributeName(name) }));
    checkAttributes(attributes);
    return { names, idAt, action, attributes };
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error;
    throw new UsageError(`${place}: ${error.message}`);
  }
}

/** A column in a message. */
export function columnName(name: string): string {
  return `column ${quote(name)}`;
}

class HeaderError extends Error {}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const [at, name] of names.entries()) {
    if (name.trim() === "") throw new HeaderError(`column ${at + 1} has no name`);
    if (seen.has(name)) throw new HeaderError(`the ${columnName(name)} is there twice`);
    seen.add(name);
  }
}

function findId(names: readonly string[], idColumn: string): number {
  const at = names.indexOf(idColumn);
  if (at >= 0) return at;
  throw new HeaderError(`no ${columnName(idColumn)}${idHint(names, idColumn)}`);
}

function idHint(names: readonly string[], idColumn: string): string {
  const [only = ""] = names;
  if (names.length === 1 && /[;\t|,]/.test(only)) {
    return `: the header is the one column ${quote(only)}, is it separated by something else?`;
  }
  const near = didYouMean(idColumn, names, "--id-column ");
  if (near !== "") return near;
  const shown = names.slice(0, NAMES_SHOWN).map(quote).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${pluralize(names.length - NAMES_SHOWN, "other")}` : "";
  return `, the header has ${shown}${more}; --id-column says which it is`;
}

function findAction(names: readonly string[], action: RecordKind | undefined): CsvHeader["action"] {
  const at = names.indexOf("action");
  if (at < 0 && action === undefined) {
    throw new HeaderError(
      'no column "action": add --action add or --action remove, or name the file after --add or --remove',
    );
  }
  if (at >= 0 && action === "member") {
    throw new HeaderError(
      'members have no actions, each row is put on the audience: leave out the column "action"',
    );
  }
  if (at >= 0 && action !== undefined) {
    throw new HeaderError(
      `its column "action" says what to do, so "${action}" on the command line cannot be followed`,
    );
  }
  return action === undefined ? { at } : actionOf(action);
}

/** `age:number` is the attribute `age` of the type `number`. */
function readAttributeName(name: string): Omit<AttributeColumn, "at"> {
  const [, attribute = name, suffix] = /^(.*):(.*)$/s.exec(name) ?? [];
  const type = cellType(suffix);
  if (type !== undefined) return { attribute, type };
  const given = suffix ?? "";
  const expected = `a type is ${CELL_TYPES.join(" or ")}`;
  throw new HeaderError(
    `${columnName(name)}: ${expected}, got ${quote(given)}${didYouMean(given, CELL_TYPES)}`,
  );
}

function checkAttributes(attributes: readonly AttributeColumn[]): void {
  const seen = new Set<string>();
  for (const { attribute } of attributes) {
    if (seen.has(attribute)) throw new HeaderError(`two columns name the attribute ${quote(attribute)}`);
    seen.add(attribute);
  }
}
