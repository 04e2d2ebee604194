import { quote } from "../format.ts";
import type { CellValue } from "./csv-cell-to-attribute.ts";
import { type AttributeColumn, type CsvHeader, columnName } from "./csv-header.ts";
import { isRoundedWhole } from "./exact-number.ts";
import { RefusedValue } from "./parquet-column.ts";
import { idText, ORIGIN, type Row, unreadableRow } from "./row.ts";
import { TableOrigin } from "./table-origin.ts";

const BYTES_ADVICE = "write bytes as hexadecimal text";

/** The action that a row of a Parquet file is. `values` has the row's values by the names of the columns. */
export function rowOfValues(
  values: ReadonlyMap<string, unknown>,
  header: CsvHeader,
  file: string,
  row: number,
): Row {
  const { names, idAt, action } = header;
  const idName = names[idAt]!;
  const origin = new ParquetOrigin(values, header, file, row);
  const { id } = origin;
  if (id === undefined || header.nulls.has(id)) {
    const value = values.get(idName);
    const expected = value instanceof Uint8Array ? `an id in UTF-8; ${BYTES_ADVICE}` : "an id";
    const reason = `expected ${expected}, got ${shown(value)}`;
    return unreadableRow(origin.withProblem({ column: columnName(idName), reason }));
  }
  const kind = typeof action === "string" ? action : values.get(names[action.at]!);
  if (kind === "remove") return { action: kind, id, [ORIGIN]: origin };
  const attributes: [string, CellValue][] = [];
  for (const column of header.attributes) {
    const value = values.get(names[column.at]!);
    if (value === null || value === undefined || value === "" || header.nulls.has(value as string)) continue;
    const attribute = attributeOf(column, value);
    if (attribute === undefined) {
      const reason = `expected ${expectedOf(column, value)}, got ${shown(value)}`;
      return unreadableRow(origin.withProblem({ column: columnName(column.label), reason }));
    }
    attributes.push(attribute);
  }
  return { action: kind, id, attributes: Object.fromEntries(attributes), [ORIGIN]: origin };
}

/** Name and value. Text is read as in a table; a time is written as one under `date(…)`. */
function attributeOf({ attribute, type }: AttributeColumn, value: unknown): [string, CellValue] | undefined {
  if (value instanceof Date) {
    const name = /^\w+\(.*\)$/.test(attribute) ? attribute : `date(${attribute})`;
    return Number.isNaN(value.getTime()) ? undefined : [name, value.toISOString()];
  }
  const whole = typeof value === "bigint" ? Number(value) : value;
  if (typeof whole === "string") {
    const typed = type.toValue(whole);
    return typed === undefined ? undefined : [attribute, typed];
  }
  if (typeof whole === "boolean") return [attribute, whole];
  const isExact = Number.isFinite(whole) && !isRoundedWhole(whole);
  return isExact ? [attribute, whole as number] : undefined;
}

function expectedOf({ type }: AttributeColumn, value: unknown): string {
  if (value instanceof RefusedValue) return value.expected;
  if (value instanceof Uint8Array) return `text in UTF-8, a number, a boolean or a time; ${BYTES_ADVICE}`;
  if (typeof value === "string") return type.expected(value);
  return typeof value === "bigint"
    ? "a number of at most 15 digits, a larger one may be rounded; CAST it AS VARCHAR"
    : "text, a number, a boolean or a time";
}

function shown(value: unknown): string {
  if (value instanceof RefusedValue) return value.shown;
  if (value instanceof Uint8Array) return "binary data";
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "a time that no calendar has" : value.toISOString();
  }
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a nested value";
  return typeof value === "string" ? quote(value) : String(value);
}

/** Its line is the number of the row, from 1. */
class ParquetOrigin extends TableOrigin {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>, header: CsvHeader, file: string, row: number) {
    super(header, file, row);
    this.#values = values;
  }

  get id(): string | undefined {
    const { names, idAt } = this.header;
    return idText(this.#values.get(names[idAt]!));
  }

  recordJson(): string {
    return JSON.stringify(Object.fromEntries(this.#values), (_, value: unknown) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
      return typeof value === "bigint" ? String(value) : value;
    });
  }
}
