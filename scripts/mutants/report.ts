interface Position {
  line: number;
  column: number;
}

/** The part of Stryker's report that is read here. */
export interface Report {
  files: Record<string, { source: string; mutants: StrykerMutant[] }>;
}

interface StrykerMutant {
  status: string;
  replacement?: string;
  location: { start: Position; end: Position };
}

/** One change of the code, and whether a test has failed by it. */
export interface Mutant {
  file: string;
  line: number;
  /** The line of the source on which the change begins. */
  text: string;
  code: string;
  replacement: string;
  /** "Ignored": not run, since its code runs once only, when the module is loaded. */
  status: string;
}

/** Mutants that no test can kill: all on one line of the source, or the one that puts `to` there. */
export interface Equivalent {
  file: string;
  line: string;
  to?: string;
  why: string;
}

const KILLED = ["Killed", "Timeout"];
/** Without a test that reaches it, or with tests that do not see it. */
const SURVIVED = ["NoCoverage", "Survived"];

export function readMutants({ files }: Report): Mutant[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split("\n");
    return mutants.map(({ status, replacement = "", location: { start, end } }) => {
      const text = lines[start.line - 1]!;
      const code = text.slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined);
      return {
        file,
        line: start.line,
        text: text.trim(),
        code: start.line === end.line ? code : `${code}…`,
        replacement: replacement.replace(/\s+/g, " "),
        status,
      };
    });
  });
}

/** The survivors that are not listed, and what is listed of these files and does not survive. */
export function explain(
  mutants: Mutant[],
  equivalents: Equivalent[],
): { unexplained: Mutant[]; unused: Equivalent[] } {
  const survivors = mutants.filter(({ status }) => SURVIVED.includes(status));
  const files = new Set(mutants.map(({ file }) => file));
  const explains = ({ file, line, to }: Equivalent, mutant: Mutant) =>
    file === mutant.file && line === mutant.text && (to === undefined || to === mutant.replacement);
  return {
    unexplained: survivors.filter((mutant) => !equivalents.some((entry) => explains(entry, mutant))),
    unused: equivalents.filter(
      (entry) => files.has(entry.file) && !survivors.some((mutant) => explains(entry, mutant)),
    ),
  };
}

/** A Markdown table with a row for each target. */
export function scoreTable(results: [name: string, mutants: Mutant[]][]): string {
  const all: [string, Mutant[]] = ["all", results.flatMap(([, mutants]) => mutants)];
  const rows = [...results, all].map(([name, mutants]) => {
    const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
    const [killed, tried] = [count(...KILLED), count(...KILLED, ...SURVIVED)];
    const score = `${((100 * killed) / tried).toFixed(1)} %`;
    return `| ${[name, tried, killed, count("Timeout"), score, count("Ignored")].join(" | ")} |`;
  });
  return [
    "| mutated | run | killed | by timeout | score | not run |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
