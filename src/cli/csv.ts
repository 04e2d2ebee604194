import { type CsvError, type Parser, parse } from "csv-parse";
import { type ColumnOptions, type Columns, columnName, readHeader } from "./columns.ts";
import { InputError, UsageError } from "./errors.ts";
import { type Lines, LONGEST_RECORD } from "./lines.ts";
import type { Problem, Row } from "./rows.ts";

/** The rows of a table with a header, those of each piece of the input together. */
export async function* readCsv(
  pieces: AsyncIterable<Lines>,
  file: string,
  delimiter: "," | "\t",
  options: ColumnOptions,
): AsyncGenerator<Row[]> {
  let columns: Columns | undefined;
  /** Where the next record begins. */
  let line = 1;
  const parser = parse({
    delimiter,
    // Found out from the first line, the other one would become a part of values.
    record_delimiter: ["\r\n", "\n"],
    max_record_size: LONGEST_RECORD,
    relax_column_count: true,
  });
  parser.on("error", () => {}); // The callbacks hear of it, in time for the rows before it.

  function taken(): Row[] {
    const rows: Row[] = [];
    for (let cells = next(parser); cells !== null; cells = next(parser)) {
      const isBlank = cells.length === 1 && cells[0] === "";
      if (!isBlank && columns !== undefined) rows.push(new CsvRow(line, cells, columns));
      else if (!isBlank) columns = readHeader(cells, `${file}:${line}`, options);
      line += 1 + lineEndsIn(cells);
    }
    return rows;
  }

  /** csv-parse names the line where it gave up, which may be the last one: say where the record began. */
  function located(error: CsvError): InputError {
    const at = typeof error.column === "number" ? error.column : 0;
    const name = columns?.names[at];
    const column = name === undefined ? `column ${at + 1}` : columnName(name);
    const reason = "a quote is opened and not closed, or stands inside a value without being doubled";
    return new InputError({ file, line, column }, reason, { cause: error });
  }

  /** Why there are no more pieces, if not because the input has ended. */
  let broken: { error: unknown } | undefined;

  async function* untilBroken(): AsyncGenerator<Lines> {
    try {
      yield* pieces;
    } catch (error) {
      broken = { error };
    }
  }

  for await (const { bytes } of untilBroken()) {
    // What is parsed has to be read before the callback, which waits for that.
    const done = written(parser, bytes);
    yield taken();
    const error = await done;
    if (error !== undefined) throw located(error);
  }
  // The parser looks a few bytes ahead, and keeps the last record until there are some or the end has come.
  const error = await ended(parser);
  yield taken();
  if (broken !== undefined) throw (broken as { error: unknown }).error;
  if (error !== undefined) throw located(error);
  if (columns === undefined) throw new UsageError(`${file}: is empty, expected a header line`);
}

class CsvRow implements Row {
  readonly line: number;
  readonly action: unknown;
  readonly problem: Problem | undefined;
  readonly #cells: readonly string[];
  readonly #columns: Columns;

  constructor(line: number, cells: readonly string[], columns: Columns) {
    const read = columns.actionOf(cells);
    this.line = line;
    if ("problem" in read) this.problem = read.problem;
    else this.action = read.action;
    this.#cells = cells;
    this.#columns = columns;
  }

  get record(): unknown {
    const { names } = this.#columns;
    if (this.#cells.length !== names.length) return this.#cells;
    return Object.fromEntries(names.map((name, at) => [name, this.#cells[at]]));
  }
}

/** csv-parse's own count takes a CRLF inside quotes for two. */
function lineEndsIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count++;
  }
  return count;
}

function next(parser: Parser): string[] | null {
  return parser.read() as string[] | null;
}

function written(parser: Parser, bytes: Buffer): Promise<CsvError | undefined> {
  return new Promise((resolve) => {
    parser.write(bytes, (error) => resolve((error as CsvError | null) ?? undefined));
  });
}

function ended(parser: Parser): Promise<CsvError | undefined> {
  return new Promise((resolve) => {
    // It is given the error, though its type does not say so.
    const onEnd = (error?: CsvError | null): void => resolve(error ?? undefined);
    parser.end(onEnd);
  });
}
