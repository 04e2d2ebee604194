export type CellValue = string | number | boolean;

/** How a cell of a column becomes the value of an attribute. */
export interface CellType {
  /** For people. */
  readonly expected: string;
  /** `undefined` for a cell that is no value of this type. */
  toValue(cell: string): CellValue | undefined;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const TEXT: CellType = { expected: "text", toValue: (cell) => cell };

/** By what the header says after the name of an attribute, as in `age:number`. */
const TYPES: Readonly<Record<string, CellType>> = {
  number: {
    expected: "a number like 12.5, of at most 15 digits",
    toValue(cell) {
      const text = cell.trim();
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      // A larger whole number would be rounded.
      const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
      return isExact ? value : undefined;
    },
  },
  boolean: {
    expected: "true or false, or 1 or 0",
    toValue(cell) {
      const text = cell.trim().toLowerCase();
      if (text === "true" || text === "1") return true;
      return text === "false" || text === "0" ? false : undefined;
    },
  },
};

export const CELL_TYPES: readonly string[] = Object.keys(TYPES);

/** The type of a column: text where the header names none, `undefined` where it names one that there is not. */
export function cellType(name: string | undefined): CellType | undefined {
  if (name === undefined) return TEXT;
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}
