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
  /** Not tried: the code runs once, when its module is loaded. */
  isStatic: boolean;
  isKilled: boolean;
}

/** Mutants that no test can kill: all on one line of the source, or the one that puts `to` there. */
export interface Equivalent {
  file: string;
  line: string;
  to?: string;
  why: string;
}

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
        isStatic: status === "Ignored",
        isKilled: !["Ignored", "Survived", "NoCoverage"].includes(status),
      };
    });
  });
}

/** The survivors that are not listed, and what is listed of these files and does not survive. */
export function explain(
  mutants: Mutant[],
  equivalents: Equivalent[],
): { unexplained: Mutant[]; unused: Equivalent[] } {
  const survivors = mutants.filter(({ isKilled, isStatic }) => !isKilled && !isStatic);
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
  const rows = results.map(([name, mutants]) => row(name, mutants));
  const all = row(
    "all",
    results.flatMap(([, mutants]) => mutants),
  );
  return ["| mutated | mutants | killed | score | not run |", "|---|---|---|---|---|", ...rows, all].join(
    "\n",
  );
}

function row(name: string, mutants: Mutant[]): string {
  const tried = mutants.filter(({ isStatic }) => !isStatic);
  const killed = tried.filter(({ isKilled }) => isKilled).length;
  const score = ((100 * killed) / tried.length).toFixed(1);
  return `| ${name} | ${tried.length} | ${killed} | ${score} % | ${mutants.length - tried.length} |`;
}
