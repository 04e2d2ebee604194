import { basename } from "node:path";
import ts from "typescript";
import { lineOf, type SourceFile } from "./source-file.ts";

/** Files of more than `max` lines. */
export function longFiles(files: SourceFile[], max: number): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    return lines <= max ? [] : [`${path}: ${lines} lines, at most ${max}`];
  });
}

/** Files that share their name with another one. Every folder may have an index.ts. */
export function sharedFileNames(files: SourceFile[]): string[] {
  const paths = new Map<string, string[]>();
  for (const { path } of files) {
    const name = basename(path);
    if (name !== "index.ts") paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  return [...paths.values()].filter((same) => same.length > 1).map((same) => same.join(" and "));
}

/** Functions of more than `max` lines, from their first to their last. The functions inside count for the outer one. */
export function longFunctions(file: SourceFile, max: number): string[] {
  const found: string[] = [];
  visit(file.tree);
  return found;

  function visit(node: ts.Node): void {
    if (isFunction(node)) {
      const lines = file.tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(node);
      if (lines > max) found.push(`${placeOf(file, node, node)}: ${lines} lines, at most ${max}`);
    }
    ts.forEachChild(node, visit);
  }
}

/** Statements that stand inside `max` other control flow statements of the same function. */
export function deepNesting(file: SourceFile, max: number): string[] {
  const found: string[] = [];
  visit(file.tree, 0, undefined);
  return found;

  function visit(node: ts.Node, depth: number, owner: ts.Node | undefined): void {
    if (isFunction(node)) {
      ts.forEachChild(node, (child) => visit(child, 0, node));
      return;
    }
    const inner = opensLevel(node) ? depth + 1 : depth;
    if (inner > depth && inner === max + 1) {
      const keyword = node.getFirstToken(file.tree)!.getText(file.tree);
      found.push(`${placeOf(file, node, owner)}: \`${keyword}\` opens level ${inner}, at most ${max}`);
    }
    ts.forEachChild(node, (child) => visit(child, inner, owner));
  }
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** An `else if` goes on with the `if` before it. */
function opensLevel(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node);
  return ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node);
}

/** For example "src/client.ts:12 createClient". */
function placeOf({ path, tree }: SourceFile, node: ts.Node, owner: ts.Node | undefined): string {
  return `${path}:${lineOf(node)} ${owner === undefined ? "(top level)" : nameOf(owner, tree)}`;
}

function nameOf(node: ts.Node, tree: ts.SourceFile): string {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const named = ts.isFunctionLike(node) && node.name !== undefined ? node : node.parent;
  const name = "name" in named ? (named.name as ts.Node | undefined) : undefined;
  return name?.getText(tree) ?? "(unnamed function)";
}
