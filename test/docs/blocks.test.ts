import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { readArguments } from "../../src/cli/arguments.ts";
import { problemsOf } from "../house/workflows.ts";
import { blocksIn, type Page, pages, root } from "./pages.ts";

const blocks = pages.flatMap(blocksIn);
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const scripts = Object.keys(packageJson.scripts);

it("each block is in a language that is checked, or can only be read", () => {
  const checked = ["ts", "js", "sh", "json", "yaml"];
  const checkedByRecipe = ["dockerfile", "ini"];
  const read = ["csv", "mermaid", "sql", "text"];
  const known = [...checked, ...checkedByRecipe, ...read];
  expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
});

it("only a program may say that it is not run, in one way", () => {
  const marks = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/^`{3,}(\w+ .*)$/gm), ([, mark]) => `${path}: ${mark}`),
  );
  expect(marks.filter((mark) => !mark.endsWith(": ts no-run"))).toEqual([]);
});

describe("commands", () => {
  const lines = inLanguage("sh").flatMap(({ name, code }) =>
    code
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => ({ name, line: line.replace(/\s(?:#|\d?>).*$/, "") })),
  );
  const own = lines.flatMap(({ name, line }) =>
    Array.from(line.matchAll(/(?:^|[\s(])batch-audiences (?!-- )([^|;&<>)]+)/g), ([, words]) => ({
      name,
      words: words!,
    })),
  );

  it("are found", () => {
    expect(own.length).toBeGreaterThan(3);
  });

  it.each(own)("of batch-audiences are understood: $name: $words", ({ words }) => {
    const argv = words
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll('"', ""));
    expect(() => readArguments(argv)).not.toThrow();
  });

  it("of npm are scripts that there are", () => {
    const named = lines.flatMap(({ name, line }) =>
      Array.from(line.matchAll(/npm run (?:--silent )?([\w:-]+)/g), ([, script]) => ({
        name,
        script: script!,
      })),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter(({ script }) => !scripts.includes(script))).toEqual([]);
  });
});

it.each(inLanguage("json"))("is JSON, as a whole or in each line: $name", ({ code }) => {
  const isWhole = /^[{[]\n/.test(code);
  for (const text of isWhole ? [code] : code.trimEnd().split("\n")) expect(JSON.parse(text)).toBeDefined();
});

it.each(inLanguage("yaml"))("is YAML, and a sound workflow if it is one: $name", ({ name, code }) => {
  const document = parse(code) as { jobs?: object };
  expect(document).toBeTypeOf("object");
  if (document.jobs !== undefined) expect(problemsOf(name, code, scripts)).toEqual([]);
});

it("each recipe has a test that runs it", () => {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" });
  const tests = files
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(root, "test", file), "utf8"));
  const isProgram = (page: Page): boolean => blocksIn(page).some(({ language }) => language !== "text");
  const recipes = pages.filter((page) => page.path.startsWith("docs/recipes/") && isProgram(page));
  const untested = recipes.filter(({ path }) => !tests.some((text) => text.includes(path)));
  expect(untested.map(({ path }) => path)).toEqual([]);
});

it.each(blocks.filter(({ name }) => name.startsWith("README.md: How do I ")))(
  "takes at most 8 lines besides its imports: $name",
  ({ code }) => {
    const lines = code.split("\n").filter((line) => line !== "" && !line.startsWith("import "));
    expect(lines.length).toBeLessThanOrEqual(8);
  },
);
