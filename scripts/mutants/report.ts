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
interface Mutant {
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
export interface Known {
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

/** The survivors that are not known, and what is known and does not survive. */
export function explain(mutants: Mutant[], known: Known[]): { unexplained: Mutant[]; unused: Known[] } {
  const survivors = mutants.filter(({ isKilled, isStatic }) => !isKilled && !isStatic);
  const explains = ({ file, line, to }: Known, mutant: Mutant) =>
    file === mutant.file && line === mutant.text && (to === undefined || to === mutant.replacement);
  return {
    unexplained: survivors.filter((mutant) => !known.some((entry) => explains(entry, mutant))),
    unused: known.filter((entry) => !survivors.some((mutant) => explains(entry, mutant))),
  };
}

/** A Markdown table with a row for each folder. */
export function scoreTable(mutants: Mutant[]): string {
  const tried = mutants.filter(({ isStatic }) => !isStatic);
  const folders = [...new Set(mutants.map(({ file }) => folderOf(file)))];
  const rows = folders.map((folder) =>
    row(
      `\`${folder}/\``,
      tried.filter(({ file }) => folderOf(file) === folder),
    ),
  );
  return ["| folder | mutants | killed | score |", "|---|---|---|---|", ...rows, row("all", tried)].join(
    "\n",
  );
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}

function row(name: string, mutants: Mutant[]): string {
  const killed = mutants.filter(({ isKilled }) => isKilled).length;
  return `| ${name} | ${mutants.length} | ${killed} | ${((100 * killed) / mutants.length).toFixed(1)} % |`;
}
