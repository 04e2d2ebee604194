import { describe, expect, it } from "vitest";
import { sourceFile } from "./source-file.ts";
import { bannedInCommentsOf, bannedNames } from "./words.ts";

const names = (text: string, path = "src/a.ts") => bannedNames(sourceFile(path, text));
const comments = (text: string) => bannedInCommentsOf(sourceFile("src/a.ts", text));

describe("a banned word in a name", () => {
  it.each([
    ["const settleFormer = 1;", "settleFormer", "settle"],
    ["const toSettle = 1;", "toSettle", "settle"],
    ["const KEEP_BYTES = 1;", "KEEP_BYTES", "keep"],
    ["const HTTPLine = 1;", "HTTPLine", "line"],
    ["const line2 = 1;", "line2", "line"],
    ["class Pacer {}", "Pacer", "pacer"],
    ["class A { #trail = 1; }", "#trail", "trail"],
    ["interface A { keep(): void }", "keep", "keep"],
    ["call({ gate: 1 });", "gate", "gate"],
    ["call(a.verdict);", "verdict", "verdict"],
    ["type Verdict = 1;", "Verdict", "verdict"],
    ['import { breathe } from "a";', "breathe", "breathe"],
  ])("is found in %s", (text, name, word) => {
    expect(names(text)).toEqual([`src/a.ts:1 \`${name}\` contains the word ${word}`]);
  });

  it.each(["deadline", "online", "readline", "gateway", "settled", "investigate", "keeper", "entrails"])(
    "is not a part of another word as in %s",
    (name) => {
      expect(names(`const ${name} = 1;`)).toEqual([]);
    },
  );

  it("is not a word of a string or a comment", () => {
    expect(names("call('line', `keep`); // keep")).toEqual([]);
  });

  it("is reported once for a file, where it stands first", () => {
    expect(names("const a = 1;\nconst line = a;\ncall(line);")).toEqual([
      "src/a.ts:2 `line` contains the word line",
    ]);
  });

  it("is found in the name of a file", () => {
    expect(names("", "src/cli/input-trail.ts")).toEqual([
      "src/cli/input-trail.ts its name `input-trail` contains the word trail",
    ]);
  });

  it("may be the line of a text file in the command line, and there nothing else", () => {
    expect(names("const line = 1;", "src/cli/input/lines.ts")).toEqual([]);
    expect(names("const lineGate = 1;", "src/cli/input/lines.ts")).toHaveLength(1);
    expect(names("const line = 1;", "src/client.ts")).toHaveLength(1);
  });
});

it("a name of Node's may contain a banned word", () => {
  expect(names("server.keepAliveTimeout = 1; new Agent({ keepAlive: true });")).toEqual([]);
  expect(names("const keepAliveFor = 1;")).toHaveLength(1);
});

describe("a banned word in a comment", () => {
  it.each([
    "// heed it",
    "/* It HEEDS */",
    "/** Forgiven. */",
    "const a = 1; // anew",
    "function a() { /* pacer */ }",
  ])("is found in %s", (text) => {
    expect(comments(text)).toHaveLength(1);
  });

  it("is reported with its line", () => {
    expect(comments("const a = 1;\n\n/**\n * Why.\n * Drawn anew, whoever asks.\n */\nconst b = 1;")).toEqual(
      ["src/a.ts:5 the comment contains the word anew", "src/a.ts:5 the comment contains the word whoever"],
    );
  });

  it("is found at the end of the file", () => {
    expect(comments("const a = 1;\n// anew")).toEqual(["src/a.ts:2 the comment contains the word anew"]);
  });

  it("is not a word of plain English, a part of one, or in a string", () => {
    expect(comments("// Keep one line. Unheeded.\nconst url = 'http://anew'; const a = `// anew`;")).toEqual(
      [],
    );
  });
});
