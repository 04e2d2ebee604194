import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { format, type Table } from "../../scripts/bench/outcome.ts";

interface Results {
  quick: boolean;
  benchmarks: { number: number; title: string; method: string; tables: Table[] }[];
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const results = JSON.parse(read("docs/bench/results.json")) as Results;
const tables = results.benchmarks.flatMap((benchmark) => benchmark.tables);

it("has a page with every table of one full run, and nothing else between the marks", () => {
  const page = read("docs/benchmarks.md");
  expect(results.quick).toBe(false);
  expect(results.benchmarks.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const { number, title, method, tables } of results.benchmarks) {
    const [, between] = new RegExp(
      `## ${number}\\. ${title}\\n.*?<!-- begin ${number} -->\\n(.*?)\\n<!-- end`,
      "s",
    ).exec(page)!;
    expect(between).toBe(format({ method, tables }));
  }
});

it("has a summary of figures that this run has printed", () => {
  const [, section] = /\n## In short\n(.*?)\n## /s.exec(read("docs/benchmarks.md"))!;
  const figures = [...section!.matchAll(/\*\*([^*]+)\*\*/g)].map(([, figure]) => figure!);
  const cells = new Set(tables.flatMap(({ rows }) => rows.flat().map(String)));
  expect(figures.length).toBeGreaterThan(5);
  expect(figures.filter((figure) => !cells.has(figure))).toEqual([]);
});
