import { basename } from "node:path";
import ts from "typescript";
import { lineOf, type SourceFile } from "./source-file.ts";

/** Words for which the field has a better one: see the glossary in docs/architecture.md. */
const bannedInNames = "line heed verdict pacer gate breathe settle keep trail untold forgive anew".split(" ");

/** In a comment, "line" and "keep" are plain English. */
const bannedInComments = "heed verdict pacer breathe untold forgive anew whoever".split(" ");

/** Where a banned word is the right one. */
const allowed = [
  { word: "line", under: "src/cli/", reason: "a line of a text file" },
  { name: "keepAlive", under: "src/", reason: "an option of node:http" },
  { name: "keepAliveTimeout", under: "src/", reason: "a property of a server of node:http" },
];

/** Names of files and identifiers that contain a banned word, each once for a file. */
export function bannedNames(file: SourceFile): string[] {
  const stem = basename(file.path).replace(/\..*$/, "");
  const firstUses = new Map<string, string>([[stem, `${file.path} its name`]]);
  visit(file.tree);
  return [...firstUses].flatMap(([name, place]) => {
    const word = wordsOf(name).find(
      (word) => bannedInNames.includes(word) && !isAllowed(word, name, file.path),
    );
    return word === undefined ? [] : [`${place} \`${name}\` contains the word ${word}`];
  });

  function visit(node: ts.Node): void {
    const isName = ts.isIdentifier(node) || ts.isPrivateIdentifier(node);
    if (isName && !firstUses.has(node.text)) firstUses.set(node.text, `${file.path}:${lineOf(node)}`);
    ts.forEachChild(node, visit);
  }
}

/** Banned words in comments, their forms included ("heeds", "forgiven"). */
export function bannedInCommentsOf(file: SourceFile): string[] {
  const words = new RegExp(`\\b(?:${bannedInComments.join("|")})\\w*`, "gi");
  return commentsIn(file).flatMap(({ text, line }) =>
    Array.from(text.matchAll(words), (match) => {
      const offset = text.slice(0, match.index).split("\n").length - 1;
      return `${file.path}:${line + offset} the comment contains the word ${match[0]}`;
    }),
  );
}

function isAllowed(word: string, name: string, path: string): boolean {
  const entries = allowed.filter((entry) => entry.word === word || entry.name === name);
  return entries.some(({ under }) => path.startsWith(under));
}

/** The words of `settleFormer`, `KEEP_BYTES` or a file name such as `input-trail`, in small letters. */
function wordsOf(name: string): string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return words.map((word) => word.toLowerCase());
}

/** Comments stand between the tokens; what looks like one inside a string is none. */
function commentsIn({ tree, text }: SourceFile): { text: string; line: number }[] {
  const comments: { text: string; line: number }[] = [];
  visit(tree);
  return comments;

  function visit(node: ts.Node): void {
    const children = node.getChildren(tree).filter((child) => !ts.isJSDoc(child));
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const between = text.slice(node.pos, node.getStart(tree));
    const line = tree.getLineAndCharacterOfPosition(node.pos).line + 1;
    if (between.trim() !== "") comments.push({ text: between, line });
  }
}
