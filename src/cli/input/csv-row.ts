import { quote } from "../format.ts";
import type { CellValue } from "./csv-cell-to-attribute.ts";
import { type CsvHeader, columnName } from "./csv-header.ts";
import { ORIGIN, type Origin, type Problem, type Row, unreadableRow } from "./row.ts";

/** The action that the cells of a record are. */
export function rowOfCells(cells: readonly string[], header: CsvHeader, file: string, line: number): Row {
  const { names, idAt, action } = header;
  const origin = new CsvOrigin(cells, header, file, line);
  if (cells.length !== names.length) {
    const reason = `expected ${names.length} columns as in the header, got ${cells.length}`;
    return unreadableRow(origin.withProblem({ reason }));
  }
  const id = cells[idAt];
  const kind = typeof action === "string" ? action : cells[action.at];
  // In a table a removal has cells for attributes too. They would have no meaning.
  if (kind === "remove") return { action: kind, id, [ORIGIN]: origin };
  const attributes = attributesOf(cells, header);
  if (attributes instanceof CellProblem) return unreadableRow(origin.withProblem(attributes));
  return { action: kind, id, attributes, [ORIGIN]: origin };
}

/** What stands in the cells that are not empty; `undefined` if all are. */
function attributesOf(
  cells: readonly string[],
  { attributes }: CsvHeader,
): Record<string, CellValue> | CellProblem | undefined {
  let values: Record<string, CellValue> | undefined;
  for (const { at, attribute, type } of attributes) {
    const cell = cells[at]!;
    if (cell === "") continue;
    const value = type.toValue(cell);
    if (value === undefined) return new CellProblem(attribute, type.expected, cell);
    values ??= {};
    if (attribute !== "__proto__") values[attribute] = value;
    // A legal name. An object without a prototype would allow it too, and costs three times as much.
    else Object.defineProperty(values, attribute, { value, enumerable: true });
  }
  return values;
}

class CellProblem implements Problem {
  readonly column: string;
  readonly reason: string;

  constructor(attribute: string, expected: string, cell: string) {
    this.column = columnName(attribute);
    this.reason = `expected ${expected}, got ${quote(cell)}`;
  }
}

class CsvOrigin implements Origin {
  readonly file: string;
  readonly line: number;
  problem: Problem | undefined;
  readonly #cells: readonly string[];
  readonly #header: CsvHeader;

  constructor(cells: readonly string[], header: CsvHeader, file: string, line: number) {
    this.file = file;
    this.line = line;
    this.#cells = cells;
    this.#header = header;
  }

  recordJson(): string {
    const { names } = this.#header;
    const isNamed = this.#cells.length === names.length;
    return JSON.stringify(
      isNamed ? Object.fromEntries(names.map((name, at) => [name, this.#cells[at]])) : this.#cells,
    );
  }

  actionJson(row: Row): string {
    return JSON.stringify(row);
  }

  nameOf(path: string): string {
    return columnName(path.replace(/^attributes\./, ""));
  }

  withProblem(problem: Problem): this & { problem: Problem } {
    return Object.assign(this, { problem });
  }
}
