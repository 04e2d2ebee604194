import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvParser, type CsvRecord, type QuoteProblem } from "../../../src/cli/input/csv-parser.ts";
import { LONGEST_RECORD } from "../../../src/cli/input/lines.ts";

/** All of a text, in pieces that end behind some of its line ends. */
function parsed(text: string, endsPiece: (line: number) => boolean = () => true) {
  const parser = new CsvParser(",");
  const records: CsvRecord[] = [];
  let problem: QuoteProblem | undefined;
  let piece = "";
  for (const [index, line] of text.split(/(?<=\n)/).entries()) {
    piece += line;
    if (!endsPiece(index)) continue;
    const part = parser.parse(piece);
    records.push(...part.records);
    problem ??= part.problem;
    piece = "";
  }
  const last = parser.parse(piece);
  return { records: [...records, ...last.records], problem: problem ?? last.problem ?? parser.end().problem };
}

/** What csv-parse makes of it, or `undefined` where it refuses the text. */
function peer(text: string): string[][] | undefined {
  try {
    const options = { record_delimiter: ["\r\n", "\n"], relax_column_count: true };
    return (parse(text, options) as string[][]).filter((cells) => cells.length > 1 || cells[0] !== "");
  } catch {
    return undefined;
  }
}

const cell = fc.oneof(
  fc.constantFrom("", "a", "é", " ", "a b", '"', 'a"', "\r"),
  fc.constantFrom('""', '"a"', '"a,b"', '"a\nb"', '"a\r\nb"', '"""a"""', '"a" ', '"'),
);
const line = fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(","));
const text = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 6 })
  .map((lines) => lines.flat().join(""));

test("it reads every text as csv-parse does, however the text is cut into pieces", () => {
  let read = 0;
  fc.assert(
    fc.property(text, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (text, cuts) => {
      const expected = peer(text);
      const { records, problem } = parsed(text, (line) => cuts[line % cuts.length]!);
      const cells = records.map(({ cells }) => cells).filter((cells) => cells.length > 1 || cells[0] !== "");
      if (expected === undefined) expect(problem).toBeDefined();
      else expect({ cells, problem }).toEqual({ cells: expected, problem: undefined });
      if (expected !== undefined && expected.length > 0) read++;
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(300);
});

test("each record has the line on which it begins", () => {
  const text = 'a\n\n"b\nb\r\nb",c\r\n\nd\n"e';
  const { records, problem } = parsed(text);
  expect(records).toEqual([
    { cells: ["a"], line: 1 },
    { cells: ["b\nb\r\nb", "c"], line: 3 },
    { cells: ["d"], line: 7 },
  ]);
  expect(problem).toEqual({ line: 8, cell: 0 });
});

test("a quote that is never closed does not fill the memory", () => {
  const parser = new CsvParser(",");
  const piece = `${"x".repeat(99_999)}\n`;
  expect(parser.parse('1,"open\n').problem).toBeUndefined();
  let pieces = 0;
  while (parser.parse(piece).problem === undefined) pieces++;
  expect(pieces).toBe(Math.floor(LONGEST_RECORD / piece.length) - 1);
});
