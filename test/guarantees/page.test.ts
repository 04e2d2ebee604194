import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/guarantees.md", "utf8");
const [, promised = ""] = /## Promised([\s\S]*)## Not promised/.exec(page) ?? [];

const promises = promised
  .split(/\n(?=\*\*)/)
  .slice(1)
  .map((text) => ({ number: /^\*\*(G\d+)\. /.exec(text)?.[1] ?? "no number", text }));

/** The tests that the page names, each with the number of its promise. */
const named = promises.flatMap(({ number, text }) =>
  Array.from(text.matchAll(/`(test\/[\w./-]+)` "([^"]+)"/g), ([, file = "", name = ""]) => ({
    number,
    file,
    name,
  })),
);

/** The tests whose names end with numbers of promises, such as "is applied (G2, G5)". */
const numbered = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.endsWith("page.test.ts"))
  .flatMap((file) => {
    const source = readFileSync(`test/${file}`, "utf8");
    const names = source.matchAll(/(["'`])([^\n]*?) \((G\d+(?:, G\d+)*)\)\1/g);
    return Array.from(names, ([, , name = "", numbers = ""]) => ({
      file: `test/${file}`,
      name,
      numbers: numbers.split(", "),
    }));
  });

describe("docs/guarantees.md", () => {
  it("numbers its promises from G1 on", () => {
    expect(promises.length).toBeGreaterThan(25);
    expect(promises.map(({ number }) => number)).toEqual(promises.map((_, at) => `G${at + 1}`));
  });

  it.each(promises)("names a test for $number", ({ text }) => {
    expect(text).toMatch(/^- .*`test\/[\w./-]+` "/m);
  });

  it("names a test for each file that it mentions", () => {
    expect(page.match(/test\/[\w./-]+\.ts/g)?.length).toBe(named.length);
  });

  it.each(named)('names a test that has its number: $number, $file "$name"', ({ number, file, name }) => {
    expect(existsSync(file) ? readFileSync(file, "utf8") : "no such file").toContain(name);
    const numbers = numbered.filter((test) => test.file === file && test.name.includes(name));
    expect(numbers.flatMap((test) => test.numbers)).toContain(number);
  });

  it("names each test that has a number, at the promise of that number", () => {
    const unnamed = numbered.flatMap(({ file, name, numbers }) =>
      numbers
        .filter((number) => {
          const tests = named.filter((test) => test.number === number && test.file === file);
          return !tests.some((test) => name.includes(test.name));
        })
        .map((number) => ({ number, file, name })),
    );
    expect(unnamed).toEqual([]);
  });
});
