export interface Table {
  caption: string;
  columns: string[];
  rows: (string | number)[][];
}

/** What one of the benchmarks found. */
interface Outcome {
  title: string;
  /** What was done, in a sentence or two. */
  method: string;
  tables: Table[];
  /** SVG by file name. */
  charts?: Record<string, string>;
}

/** An outcome as it is written down. */
export interface Measured extends Omit<Outcome, "charts"> {
  number: number;
  machine: string;
}

interface Size {
  /** A smoke test of the benchmark itself; its numbers mean nothing. */
  quick: boolean;
}

export type Benchmark = (size: Size) => Promise<Outcome>;

type Formatted = Pick<Measured, "method" | "tables"> & Partial<Pick<Measured, "machine">>;

/** In Markdown: how it was measured, the tables, and the machine if it is given. */
export function format({ method, tables, machine }: Formatted): string {
  const on = machine === undefined ? [] : [`On ${machine}.`];
  return [method, ...tables.map(formatTable), ...on].join("\n\n");
}

function formatTable({ caption, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  const [head, ...body] = cells as [string[], ...string[][]];
  return [`${caption}:`, "", line(head), rule, ...body.map(line)].join("\n");
}
