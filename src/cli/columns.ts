import type { ActionName } from "./arguments.ts";
import { UsageError } from "./errors.ts";
import type { Problem } from "./rows.ts";
import { didYouMean } from "./suggest.ts";

export interface ColumnOptions {
  idColumn: string;
  /** For a table without the column `action`. */
  action: ActionName | undefined;
}

type Value = string | number | boolean;
type Read = (cell: string) => Value | undefined;

/** What the header of a table says about its cells. */
export interface Columns {
  names: readonly string[];
  /** The action of a row, or why it is none. */
  actionOf(cells: readonly string[]): { action: unknown } | { problem: Problem };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** How the values of a column are read. `undefined` is a cell that cannot be. */
const TYPES: Record<string, { expected: string; read: Read }> = {
  number: {
    expected: "a number like 12.5, of at most 15 digits",
    read(cell) {
      const text = cell.trim();
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      // Larger whole numbers would be rounded without a word.
      const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
      return isExact ? value : undefined;
    },
  },
  boolean: {
    expected: "true or false, or 1 or 0",
    read(cell) {
      const text = cell.trim().toLowerCase();
      if (text === "true" || text === "1") return true;
      return text === "false" || text === "0" ? false : undefined;
    },
  },
};

/** Throws a `UsageError` for a header that no row could be read by. */
export function readHeader(names: readonly string[], place: string, options: ColumnOptions): Columns {
  const { idColumn, action } = options;
  names.forEach((name, index) => {
    if (name.trim() === "") throw problem(`column ${index + 1} has no name`);
    if (names.indexOf(name) < index) throw problem(`the column ${JSON.stringify(name)} is there twice`);
  });
  const idAt = names.indexOf(idColumn);
  const actionAt = names.indexOf("action");
  if (idAt < 0) throw problem(`no column ${JSON.stringify(idColumn)}${idHint(names, idColumn)}`);
  if (actionAt < 0 && action === undefined) {
    throw problem(
      'no column "action": add --action add or --action remove, or name the file after --add or --remove',
    );
  }
  if (actionAt >= 0 && action !== undefined) {
    throw problem(
      `its column "action" says what to do, so "${action}" on the command line cannot be followed`,
    );
  }
  const attributes = names.flatMap((name, at) =>
    at === idAt || at === actionAt ? [] : [{ at, ...readName(name) }],
  );
  attributes.forEach(({ attribute }, index) => {
    if (attributes.findIndex((other) => other.attribute === attribute) < index) {
      throw problem(`two columns name the attribute ${JSON.stringify(attribute)}`);
    }
  });

  return {
    names,
    actionOf(cells) {
      if (cells.length !== names.length) {
        return {
          problem: { reason: `expected ${names.length} columns as in the header, got ${cells.length}` },
        };
      }
      const id = cells[idAt];
      const does = action ?? cells[actionAt];
      // In a table a removal has cells for attributes too. They would have no meaning.
      if (does === "remove") return { action: { action: does, id } };
      let values: Record<string, Value> | undefined;
      for (const { at, attribute, type } of attributes) {
        const cell = cells[at]!;
        if (cell === "") continue;
        const value = type === undefined ? cell : type.read(cell);
        if (value === undefined) {
          const reason = `expected ${type?.expected}, got ${JSON.stringify(cell.slice(0, 60))}`;
          return { problem: { column: columnName(attribute), reason } };
        }
        // Without a prototype, since `__proto__` is a legal name.
        values ??= { __proto__: null } as unknown as Record<string, Value>;
        values[attribute] = value;
      }
      return {
        action: values === undefined ? { action: does, id } : { action: does, id, attributes: values },
      };
    },
  };

  function readName(name: string) {
    const [, attribute = name, suffix] = /^(.*):(.*)$/s.exec(name) ?? [];
    if (suffix === undefined) return { attribute, type: undefined };
    const type = Object.hasOwn(TYPES, suffix) ? TYPES[suffix] : undefined;
    if (type === undefined) {
      const hint = didYouMean(suffix, Object.keys(TYPES));
      throw problem(
        `column ${JSON.stringify(name)}: a type is number or boolean, got ${JSON.stringify(suffix)}${hint}`,
      );
    }
    return { attribute, type };
  }

  function problem(reason: string): UsageError {
    return new UsageError(`${place}: ${reason}`);
  }
}

export function columnName(name: string): string {
  return `column ${JSON.stringify(name)}`;
}

function idHint(names: readonly string[], idColumn: string): string {
  const [only = ""] = names;
  if (names.length === 1 && /[;\t|,]/.test(only)) {
    return `: the header is the one column ${JSON.stringify(only)}, is it separated by something else?`;
  }
  const near = didYouMean(idColumn, names, "--id-column ");
  return (
    near ||
    `, the header has ${names.map((name) => JSON.stringify(name)).join(", ")}; --id-column says which it is`
  );
}
