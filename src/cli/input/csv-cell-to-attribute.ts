import { isHeldAsNumber, isRoundedWhole } from "./exact-number.ts";
import type { TableOptions } from "./table-options.ts";
import { timestampReader } from "./timestamp.ts";

export type CellValue = string | number | boolean;

/** How a cell of a column becomes the value of an attribute. */
export interface CellType {
  /** What a cell has to be, and what else could be wrong with this one. For people. */
  expected(cell: string): string;
  /** `undefined` for a cell that is no value of this type. */
  toValue(cell: string): CellValue | undefined;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const TRUE = new Set(["true", "t", "1"]);
const FALSE = new Set(["false", "f", "0"]);

const TEXT: CellType = { expected: () => "text", toValue: (cell) => cell };

const BOOLEAN: CellType = {
  expected: () => "true or false, t or f, or 1 or 0",
  toValue(cell) {
    const text = cell.trim().toLowerCase();
    return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
  },
};

function numberType(decimal: "." | ","): CellType {
  const other = decimal === "." ? "," : ".";

  /** As JSON writes it; empty for what is no number. */
  function textOf(cell: string): string {
    const text = cell.trim();
    const withPoint = decimal === "." ? text : text.includes(".") ? "" : text.replace(",", ".");
    return NUMBER.test(withPoint) ? withPoint : "";
  }

  return {
    toValue(cell) {
      const text = textOf(cell);
      const value = Number(text);
      if (text === "" || !isHeldAsNumber(text)) return undefined;
      return isRoundedWhole(value) ? undefined : value;
    },
    expected(cell) {
      const example = `a number like 12${decimal}5, of at most 15 digits`;
      if (/^[^.,]*[.,][^.,]*$/.test(cell) && cell.includes(other)) {
        return `${example} (--decimal ${other} reads ${other} as the decimal sign)`;
      }
      const text = textOf(cell);
      return isHeldAsNumber(text) ? example : `${example} (this one would become ${Number(text)})`;
    },
  };
}

function dateType(timezone: string | undefined): CellType {
  const read = timestampReader(timezone);
  return {
    toValue(cell) {
      const text = read(cell);
      return text === "no offset" ? undefined : text;
    },
    expected: (cell) =>
      read(cell) === "no offset"
        ? "a time with an offset, like 2026-01-02 03:04:05+00, or --timezone with the one it is from"
        : "a date or a time, like 2026-01-02 or 2026-01-02T03:04:05Z, with an offset of at most 15:59",
  };
}

/** The names that a header may have after a colon, as in `age:number`. */
export const CELL_TYPES = ["number", "boolean"] as const;

/** The types of the columns of a table. */
export class CellTypes {
  readonly #number: CellType;
  readonly #date: CellType;

  constructor({ decimal, timezone }: TableOptions) {
    this.#number = numberType(decimal);
    this.#date = dateType(timezone);
  }

  /** By what the header says; `undefined` where it names a type that there is not. Text where it names none. */
  of(attribute: string, type: string | undefined): CellType | undefined {
    if (type === "number") return this.#number;
    if (type === "boolean") return BOOLEAN;
    if (type !== undefined) return undefined;
    return /^date\(.*\)$/s.test(attribute) ? this.#date : TEXT;
  }
}
