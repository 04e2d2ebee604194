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
export const pages: readonly Page[] = ["README.md", "CONTRIBUTING.md", ...files.sort()].map((path) => ({
  path,
  text: readFileSync(join(root, path), "utf8"),
}));

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
