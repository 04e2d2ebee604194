import { pluralize, quote } from "../format.ts";
import type { CellValue } from "./csv-cell-to-attribute.ts";
import { type CsvHeader, columnName } from "./csv-header.ts";
import { ORIGIN, type Problem, type Row, unreadableRow } from "./row.ts";
import { TableOrigin } from "./table-origin.ts";

/** The action that the cells of a record are. */
export function rowOfCells(cells: readonly string[], header: CsvHeader, file: string, line: number): Row {
  const { names, idAt, action, nulls } = header;
  const origin = new CsvOrigin(cells, header, file, line);
  if (cells.length !== names.length) {
    const reason = `expected ${pluralize(names.length, "column")} as in the header, got ${cells.length}`;
    return unreadableRow(origin.withProblem({ reason }));
  }
  const id = cells[idAt]!;
  if (nulls.has(id)) {
    const reason = `expected an id, got ${quote(id)}, which stands for no value`;
    return unreadableRow(origin.withProblem({ column: columnName(names[idAt]!), reason }));
  }
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
  { attributes, nulls }: CsvHeader,
): Record<string, CellValue> | CellProblem | undefined {
  let values: Record<string, CellValue> | undefined;
  for (const { at, attribute, label, type } of attributes) {
    const cell = cells[at]!;
    if (cell === "" || nulls.has(cell)) continue;
    const value = type.toValue(cell);
    if (value === undefined) return new CellProblem(label, type.expected(cell), cell);
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

  constructor(label: string, expected: string, cell: string) {
    this.column = columnName(label);
    this.reason = `expected ${expected}, got ${quote(cell)}`;
  }
}

class CsvOrigin extends TableOrigin {
  readonly #cells: readonly string[];

  constructor(cells: readonly string[], header: CsvHeader, file: string, line: number) {
    super(header, file, line);
    this.#cells = cells;
  }

  get id(): string | undefined {
    return this.#cells[this.header.idAt];
  }

  recordJson(): string {
    const cells = this.#cells;
    const { names } = this.header;
    const isNamed = cells.length === names.length;
    return JSON.stringify(isNamed ? Object.fromEntries(names.map((name, at) => [name, cells[at]])) : cells);
  }
}
