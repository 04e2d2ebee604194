import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Page {
  /** From the root, such as "docs/options.md". */
  path: string;
  text: string;
}

const files = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md"))
  .map((file) => `docs/${file}`);

/** Every page for the reader. */
export const pages: readonly Page[] = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...files.sort()].map(
  readPage,
);

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(root, path), "utf8") };
}

export interface Block {
  /** The page and the heading that it stands under. */
  name: string;
  language: string;
  code: string;
  /** False where the fence says `no-run`: such a program is compiled only. */
  isRun: boolean;
  /** What its first comment calls it, such as "route.ts". */
  file: string | undefined;
}

/** The fenced blocks of a page. */
export function blocksIn({ path, text }: Page): Block[] {
  let heading = "";
  // A heading inside of a block would be a comment of its code.
  const parts = text.matchAll(/^(`{3,})(\w*)([^\n]*)\n(.*?)^\1$|^#+ ([^\n]*)$/gms);
  return Array.from(parts).flatMap(([, , language, mark, code, title]) => {
    heading = title ?? heading;
    if (code === undefined) return [];
    const name = `${path}: ${heading}`;
    return [{ name, language: language!, code, isRun: mark !== " no-run", file: fileOf(code) }];
  });
}

function fileOf(code: string): string | undefined {
  return /^(?:#!.*\n)?(?:\/\/|#) ([\w.-]+\.\w+)\n/.exec(code)?.[1];
}

/** The rows of a Markdown table as their cells, without its head. */
export function tableRows(text: string): string[][] {
  const rows = text.split("\n").filter((row) => row.startsWith("| `"));
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in backticks. */
export function codeIn(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, code]) => code!);
}
