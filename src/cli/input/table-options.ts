import { UsageError } from "../cli-errors.ts";
import { timestampReader } from "./timestamp.ts";

/** The options that say how tables are read. */
export const TABLE_FLAGS = {
  "id-column": { type: "string" },
  map: { type: "string", multiple: true },
  ignore: { type: "string", multiple: true },
  "no-header": { type: "boolean" },
  columns: { type: "string" },
  delimiter: { type: "string" },
  decimal: { type: "string" },
  null: { type: "string", multiple: true },
  timezone: { type: "string" },
} as const;

/** The values of options, as they were written. */
export type FlagsOf<O> = { [F in keyof O]?: ValueOf<O[F]> };
type ValueOf<O> = O extends { type: "boolean" } ? true : O extends { multiple: true } ? string[] : string;

/** How the tables of a run are read. Plain JSON: a checkpoint fits no other. */
export interface TableOptions {
  idColumn: string;
  /** New names of columns: of attributes, of the id column, or `action`. */
  map: Record<string, string>;
  ignored: string[];
  /** The names of the columns, for tables without a header. */
  columns?: string[];
  /** Default: a comma, or in TSV a tab. */
  delimiter?: string;
  /** What stands before the decimals of a number. */
  decimal: "." | ",";
  /** Cells that are no attribute, besides empty ones. */
  nulls: string[];
  /** Where timestamps without an offset are from. */
  timezone?: string;
}

/** What PostgreSQL and MySQL write for null in text. */
const DATABASE_NULL = "\\N";

const DELIMITERS: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t" };

/** Throws a `UsageError` for options that cannot work. */
export function tableOptions(flags: FlagsOf<typeof TABLE_FLAGS> = {}): TableOptions {
  const columns = readColumns(flags);
  const delimiter = flags.delimiter === undefined ? undefined : readDelimiter(flags.delimiter);
  const { decimal = ".", timezone } = flags;
  if (decimal !== "." && decimal !== ",") {
    throw new UsageError(`--decimal: expected . or , got ${JSON.stringify(decimal)}`);
  }
  if (timezone !== undefined) checkTimezone(timezone);
  return {
    idColumn: flags["id-column"] ?? "id",
    map: readMap(flags.map ?? []),
    ignored: flags.ignore ?? [],
    ...(columns && { columns }),
    ...(delimiter !== undefined && { delimiter }),
    decimal,
    nulls: flags.null ?? [DATABASE_NULL],
    ...(timezone !== undefined && { timezone }),
  };
}

function readColumns(flags: FlagsOf<typeof TABLE_FLAGS>): string[] | undefined {
  const { columns, "no-header": hasNoHeader } = flags;
  if (columns === undefined && hasNoHeader === undefined) return undefined;
  if (columns === undefined) {
    throw new UsageError("--no-header needs the names of the columns: --columns id,action,city");
  }
  if (hasNoHeader === undefined) {
    throw new UsageError("--columns names the columns of a file without a header: add --no-header");
  }
  return columns.split(",").map((name) => name.trim());
}

function readDelimiter(given: string): string {
  const delimiter = Object.hasOwn(DELIMITERS, given) ? DELIMITERS[given]! : given;
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new UsageError(
    `--delimiter: expected one character that is no quote, or tab, got ${JSON.stringify(given)}`,
  );
}

function readMap(pairs: readonly string[]): Record<string, string> {
  const names = new Map<string, string>();
  for (const pair of pairs) {
    // The name of a column may have an equals sign, a name of ours has none.
    const [, column, name] = /^(.+)=([^=]+)$/s.exec(pair) ?? [];
    if (column === undefined || name === undefined) {
      throw new UsageError(`--map: expected COLUMN=NAME, like "E-mail=id", got ${JSON.stringify(pair)}`);
    }
    if (names.has(column)) throw new UsageError(`--map: the column ${JSON.stringify(column)} is given twice`);
    names.set(column, name.trim());
  }
  return Object.fromEntries(names);
}

function checkTimezone(timezone: string): void {
  try {
    timestampReader(timezone);
  } catch (cause) {
    const expected = "expected a name like Europe/Paris, or an offset like +01:00";
    throw new UsageError(`--timezone: ${expected}, got ${JSON.stringify(timezone)}`, { cause });
  }
}
