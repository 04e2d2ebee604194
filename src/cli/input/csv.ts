import type { RecordKind } from "../arguments.ts";
import { InputError, UsageError } from "../cli-errors.ts";
import { type CsvHeader, columnName, readHeader } from "./csv-header.ts";
import { CsvParser, type CsvProblem } from "./csv-parser.ts";
import { rowOfCells } from "./csv-row.ts";
import { type Lines, RETURNS_ADVICE } from "./lines.ts";
import type { Row, Rows } from "./row.ts";
import type { TableOptions } from "./table-options.ts";

const REASONS = {
  quote: "a quote is opened and not closed, or stands inside a value without being doubled",
  "carriage return": `a carriage return stands there outside of quotes; ${RETURNS_ADVICE}`,
};

/** The rows of a table. */
export async function* readCsv(
  pieces: AsyncIterable<Lines>,
  file: string,
  defaultDelimiter: "," | "\t",
  options: TableOptions,
  kind: RecordKind | undefined,
): AsyncGenerator<Rows> {
  const { delimiter = defaultDelimiter, columns } = options;
  const parser = new CsvParser(delimiter);
  let header: CsvHeader | undefined =
    columns === undefined ? undefined : readHeader(columns, `${file}, --columns`, options, kind);

  function check({ problem }: { problem?: CsvProblem }): void {
    if (problem === undefined) return;
    const { character, line, cell } = problem;
    const name = header?.names[cell];
    const column = name === undefined ? `column ${cell + 1}` : columnName(name);
    throw new InputError({ file, line, column }, REASONS[character]);
  }

  for await (const { bytes, end } of pieces) {
    const parsed = parser.parse(bytes.toString("utf8"));
    const rows: Row[] = [];
    for (const { cells, line } of parsed.records) {
      if (header !== undefined) rows.push(rowOfCells(cells, header, file, line));
      else header = readHeader(cells, `${file}:${line}`, options, kind);
    }
    yield { rows, end };
    check(parsed);
  }
  check(parser.end());
  if (header === undefined) throw new UsageError(`${file}: is empty, expected a header line`);
}
