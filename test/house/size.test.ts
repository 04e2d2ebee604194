import { describe, expect, it } from "vitest";
import { deepNesting, longFiles, longFunctions, sharedFileNames } from "./size.ts";
import { sourceFile } from "./source-file.ts";

const file = (...lines: string[]) => sourceFile("src/a.ts", `${lines.join("\n")}\n`);

describe("a long file", () => {
  it("is reported with its number of lines", () => {
    expect(longFiles([file("a;", "b;", "c;"), file("a;", "b;")], 2)).toEqual([
      "src/a.ts: 3 lines, at most 2",
    ]);
  });
});

describe("a file name", () => {
  it("is reported where two folders have it", () => {
    const files = ["src/errors.ts", "src/cli/errors.ts", "src/client.ts"].map((path) => sourceFile(path, ""));
    expect(sharedFileNames(files)).toEqual(["src/errors.ts and src/cli/errors.ts"]);
  });

  it("may be index.ts in every folder", () => {
    expect(
      sharedFileNames(["src/index.ts", "src/node/index.ts"].map((path) => sourceFile(path, ""))),
    ).toEqual([]);
  });
});

describe("a long function", () => {
  it.each([
    ["a declaration", ["function run() {", "a;", "}"], "src/a.ts:1 run"],
    ["an arrow function", ["const run = () => {", "a;", "};"], "src/a.ts:1 run"],
    ["an arrow function without a block", ["const run = () =>", "a +", "b;"], "src/a.ts:1 run"],
    ["a method", ["class A {", "run() {", "a;", "}", "}"], "src/a.ts:2 run"],
    ["a private method", ["class A {", "async #run() {", "a;", "}", "}"], "src/a.ts:2 #run"],
    ["a constructor", ["class A {", "constructor() {", "a;", "}", "}"], "src/a.ts:2 constructor"],
    ["a getter", ["class A {", "get size() {", "return a;", "}", "}"], "src/a.ts:2 size"],
    ["a property", ["const a = {", "run: () => {", "a;", "},", "};"], "src/a.ts:2 run"],
    ["a callback", ["call(() => {", "a;", "});"], "src/a.ts:1 (unnamed function)"],
  ])("is reported as %s", (_, lines, place) => {
    expect(longFunctions(file(...lines), 2)).toEqual([`${place}: 3 lines, at most 2`]);
    expect(longFunctions(file(...lines), 3)).toEqual([]);
  });

  it("contains the lines of the functions inside it", () => {
    const nested = file("function outer() {", "return () => {", "a;", "b;", "};", "}");
    expect(longFunctions(nested, 4)).toEqual(["src/a.ts:1 outer: 6 lines, at most 4"]);
    expect(longFunctions(nested, 3)).toEqual([
      "src/a.ts:1 outer: 6 lines, at most 3",
      "src/a.ts:2 (unnamed function): 4 lines, at most 3",
    ]);
  });

  it("does not contain the comment above it", () => {
    expect(longFunctions(file("/**", " * Why.", " */", "function run() {", "}"), 2)).toEqual([]);
  });

  it.each([
    ["a class", ["class A {", "a = 1;", "b = 2;", "}"]],
    ["an overload", ["function run(", "a: number,", "b: number,", "): void;", "function run() {}"]],
    ["a type", ["interface A {", "run(", "a: number,", "): void;", "}"]],
  ])("is not %s", (_, lines) => {
    expect(longFunctions(file(...lines), 2)).toEqual([]);
  });
});

describe("deep nesting", () => {
  it.each([
    ["if", "if (a) b;"],
    ["for", "for (;;) b;"],
    ["for", "for (const a of b) c;"],
    ["for", "for (const a in b) c;"],
    ["while", "while (a) b;"],
    ["do", "do a; while (b);"],
    ["switch", "switch (a) {}"],
    ["try", "try {} finally {}"],
  ])("ends in %s", (keyword, statement) => {
    const source = file("function run() {", "if (a) {", statement, "}", "}");
    expect(deepNesting(source, 1)).toEqual([`src/a.ts:3 run: \`${keyword}\` opens level 2, at most 1`]);
    expect(deepNesting(source, 2)).toEqual([]);
  });

  it("is reported once for what goes deeper still", () => {
    expect(deepNesting(file("if (a) if (b) if (c) if (d) e;"), 2)).toEqual([
      "src/a.ts:1 (top level): `if` opens level 3, at most 2",
    ]);
  });

  it("counts a chain of `else if` once, and what is inside it", () => {
    expect(deepNesting(file("if (a) b;", "else if (c) d;", "else if (e) f;", "else g;"), 1)).toEqual([]);
    expect(deepNesting(file("if (a) b;", "else if (c) d;", "else { if (e) f; }"), 1)).toHaveLength(1);
    expect(deepNesting(file("if (a) b;", "else if (c) while (d) e;"), 1)).toHaveLength(1);
  });

  it("counts in `catch`, `case` and `else`", () => {
    expect(deepNesting(file("try {} catch { if (a) b; }"), 1)).toHaveLength(1);
    expect(deepNesting(file("switch (a) { case 1: if (b) c; }"), 1)).toHaveLength(1);
    expect(deepNesting(file("if (a) b;", "else for (;;) c;"), 1)).toHaveLength(1);
  });

  it("begins again inside a function and is the outer one's after it", () => {
    expect(deepNesting(file("if (a) call(() => { if (b) c; });"), 1)).toEqual([]);
    expect(deepNesting(file("if (a) {", "call(() => {});", "if (b) c;", "}"), 1)).toHaveLength(1);
  });
});
