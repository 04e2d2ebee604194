import type { ActionName, RecordKind } from "../arguments.ts";
import { UsageError } from "../cli-errors.ts";
import { pluralize, quote } from "../format.ts";
import { didYouMean } from "../suggest.ts";
import { CELL_TYPES, type CellType, CellTypes } from "./csv-cell-to-attribute.ts";
import { actionOf } from "./row.ts";
import type { TableOptions } from "./table-options.ts";

/** What the header of a table says about its cells. */
export interface CsvHeader {
  /** As they are in the table. */
  names: readonly string[];
  idAt: number;
  /** The action of every row, or the column that has it. */
  action: ActionName | { at: number };
  attributes: readonly AttributeColumn[];
  /** Cells that are no attribute, besides empty ones. */
  nulls: ReadonlySet<string>;
}

export interface AttributeColumn {
  at: number;
  attribute: string;
  /** For messages: the name in the table, without the type. */
  label: string;
  type: CellType;
}

/** A column that is read. */
interface Column {
  at: number;
  /** The one of the table, or the one that `--map` gives it. */
  name: string;
}

/** Column names in a message. */
const NAMES_SHOWN = 10;
const DELIMITERS = [";", "\t", "|", ","] as const;

/**
 * Throws a `UsageError` for a header by which no row can be read. `kind`: what every row does, for a table without the column
 * `action`.
 */
export function readHeader(
  names: readonly string[],
  place: string,
  options: TableOptions,
  kind: RecordKind | undefined,
): CsvHeader {
  try {
    const columns = columnsToRead(names, options, kind);
    const idAt = findId(columns, names, options.idColumn);
    const action = findAction(columns, kind);
    const actionAt = typeof action === "string" ? undefined : action.at;
    const types = new CellTypes(options);
    const attributes = columns
      .filter(({ at }) => at !== idAt && at !== actionAt)
      .map(({ at, name }) => {
        const { attribute, type } = readAttributeName(name, types);
        return { at, attribute, type, label: name === names[at] ? attribute : names[at]! };
      });
    checkAttributes(attributes);
    return { names, idAt, action, attributes, nulls: new Set(options.nulls) };
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

/** Leaves out what is ignored, and gives the others their names. */
function columnsToRead(
  names: readonly string[],
  { map, ignored }: TableOptions,
  kind: RecordKind | undefined,
): Column[] {
  // Where all rows are removals, columns for attributes may be missing: they would have no meaning.
  if (kind !== "remove") {
    checkNamed("--map", Object.keys(map), names);
    checkNamed("--ignore", ignored, names);
  }
  const columns = names
    .map((name, at) => ({ at, name: Object.hasOwn(map, name) ? map[name]! : name }))
    .filter(({ at }) => !ignored.includes(names[at]!));
  const seen = new Set<string>();
  for (const { at, name } of columns) {
    if (name.trim() === "") throw new HeaderError(`column ${at + 1} has no name`);
    if (seen.has(name)) {
      const isRenamed = names.indexOf(name) === names.lastIndexOf(name);
      const hint = isRenamed ? `; --ignore ${quote(name)} leaves the other out` : "";
      throw new HeaderError(`the ${columnName(name)} is there twice${hint}`);
    }
    seen.add(name);
  }
  return columns;
}

/** A misspelled name would send what was to be left out. */
function checkNamed(flag: string, named: readonly string[], names: readonly string[]): void {
  const missing = named.find((name) => !names.includes(name));
  if (missing === undefined) return;
  const hint = didYouMean(missing, names) || `, ${shownNames(names)}`;
  throw new HeaderError(`no ${columnName(missing)}, which ${flag} names${hint}`);
}

function findId(columns: readonly Column[], names: readonly string[], idColumn: string): number {
  const column =
    columns.find(({ name }) => name === idColumn) ?? columns.find(({ at }) => names[at] === idColumn);
  if (column !== undefined) return column.at;
  throw new HeaderError(`no ${columnName(idColumn)}${idHint(names, idColumn)}`);
}

function idHint(names: readonly string[], idColumn: string): string {
  const [only = ""] = names;
  const delimiter = names.length === 1 ? likelyDelimiter(only) : undefined;
  if (delimiter !== undefined) {
    const shown = delimiter === "\t" ? "tab" : `"${delimiter}"`;
    return `: the header is the one column ${quote(only)}, is it separated by something else? Try --delimiter ${shown}`;
  }
  const near = didYouMean(idColumn, names, "--id-column ");
  if (near !== "") return near;
  const isRow = names.some((name) => /^(?:add|remove|\d+)$/.test(name));
  const advice = isRow
    ? "if that is a row, add --no-header --columns with the names"
    : "--id-column says which it is";
  return `, ${shownNames(names)}; ${advice}`;
}

/** What cuts a line most often. */
function likelyDelimiter(line: string): string | undefined {
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? undefined : DELIMITERS[counts.indexOf(most)];
}

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map(quote).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${pluralize(names.length - NAMES_SHOWN, "other")}` : "";
  return `the header has ${shown}${more}`;
}

function findAction(columns: readonly Column[], action: RecordKind | undefined): CsvHeader["action"] {
  const at = columns.find(({ name }) => name === "action")?.at ?? -1;
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
function readAttributeName(name: string, types: CellTypes): Pick<AttributeColumn, "attribute" | "type"> {
  const [, attribute = name, suffix] = /^(.*):(.*)$/s.exec(name) ?? [];
  const type = types.of(attribute, suffix);
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
