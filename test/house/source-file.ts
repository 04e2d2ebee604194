import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";

/** A source file with its syntax tree. */
export interface SourceFile {
  /** From the root of the project, with slashes: "src/client.ts". */
  path: string;
  text: string;
  tree: ts.SourceFile;
}

/** Every TypeScript and JavaScript file below a folder of the project. */
export function sourceFilesIn(root: string, folder: string): SourceFile[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, "/").length).replaceAll(sep, "/"))
    .filter((path) => !path.includes("node_modules/"));
  return paths.sort().map((path) => sourceFile(path, readFileSync(join(root, path), "utf8")));
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** The number of the line, from 1, on which the node begins. */
export function lineOf(node: ts.Node): number {
  const tree = node.getSourceFile();
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
