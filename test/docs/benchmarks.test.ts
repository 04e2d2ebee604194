import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { format, type Measured } from "../../scripts/bench/outcome.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const results = JSON.parse(read("docs/bench/results.json")) as Measured[];
const tables = results.flatMap((benchmark) => benchmark.tables);

it("has a page with every table that was written, and nothing else between the marks", () => {
  const page = read("docs/benchmarks.md");
  expect(results.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const filled = [...page.matchAll(/<!-- begin (\d) -->\n(?!<!-- end)/g)].map(([, number]) => Number(number));
  expect(results.map(({ number }) => number)).toEqual(filled);
  for (const result of results) {
    const { number, title } = result;
    const [, between] = new RegExp(
      `## ${number}\\. ${title}\\n.*?<!-- begin ${number} -->\\n(.*?)\\n<!-- end`,
      "s",
    ).exec(page)!;
    expect(between).toBe(format(result));
  }
});

it("has a summary of figures that these tables have", () => {
  const [, section] = /\n## In short\n(.*?)\n## /s.exec(read("docs/benchmarks.md"))!;
  const figures = [...section!.matchAll(/\*\*([^*]+)\*\*/g)].map(([, figure]) => figure!);
  const cells = new Set(tables.flatMap(({ rows }) => rows.flat().map(String)));
  expect(figures.length).toBeGreaterThan(5);
  expect(figures.filter((figure) => !cells.has(figure))).toEqual([]);
});
