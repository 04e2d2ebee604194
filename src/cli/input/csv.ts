import { InputError, UsageError } from "../cli-errors.ts";
import { type CsvHeader, columnName, readHeader, type TableOptions } from "./csv-header.ts";
import { CsvParser, type Parsed } from "./csv-parser.ts";
import { rowOfCells } from "./csv-row.ts";
import type { Lines, TextEnd } from "./lines.ts";
import type { Row, Rows } from "./row.ts";
import { UntilError } from "./until-error.ts";

const INVALID_QUOTE = "a quote is opened and not closed, or stands inside a value without being doubled";

/** The rows of a table with a header. */
export async function* readCsv(
  pieces: AsyncIterable<Lines>,
  file: string,
  delimiter: "," | "\t",
  options: TableOptions,
): AsyncGenerator<Rows> {
  const parser = new CsvParser(delimiter);
  const table = new Table(file, options);
  const source = new UntilError(pieces);
  let end: TextEnd | undefined;
  for await (const lines of source) {
    end = lines.end;
    const parsed = await parser.write(lines.bytes);
    yield { rows: table.rowsOf(parsed), end };
    table.check(parsed);
  }
  // The last record, also where the input breaks off.
  const parsed = await parser.end();
  yield { rows: table.rowsOf(parsed), end };
  if (source.failed) throw source.error;
  table.check(parsed);
  if (table.isEmpty) throw new UsageError(`${file}: is empty, expected a header line`);
}

/** Turns records into rows, the first one into the header. */
class Table {
  readonly #file: string;
  readonly #options: TableOptions;
  #header: CsvHeader | undefined;
  /** Where the next record begins. */
  #line = 1;

  constructor(file: string, options: TableOptions) {
    this.#file = file;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#header === undefined;
  }

  rowsOf({ records }: Parsed): Row[] {
    const rows: Row[] = [];
    for (const cells of records) {
      const line = this.#line;
      this.#line += 1 + lineEndsIn(cells);
      const isBlank = cells.length === 1 && cells[0] === "";
      if (isBlank) continue;
      if (this.#header !== undefined) rows.push(rowOfCells(cells, this.#header, this.#file, line));
      else this.#header = readHeader(cells, `${this.#file}:${line}`, this.#options);
    }
    return rows;
  }

  /** Throws the parser's error, with the place where the record begins: csv-parse may name the last line of the file. */
  check({ error }: Parsed): void {
    if (error === undefined) return;
    const at = typeof error.column === "number" ? error.column : 0;
    const name = this.#header?.names[at];
    const column = name === undefined ? `column ${at + 1}` : columnName(name);
    throw new InputError({ file: this.#file, line: this.#line, column }, INVALID_QUOTE, { cause: error });
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
