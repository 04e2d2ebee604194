import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvParser, type CsvProblem, type CsvRecord } from "../../../src/cli/input/csv-parser.ts";
import { LONGEST_RECORD } from "../../../src/cli/input/lines.ts";

/** All of a text, in pieces that end behind some of its line ends. */
function parsed(text: string, endsPiece: (line: number) => boolean = () => true) {
  const parser = new CsvParser(",");
  const records: CsvRecord[] = [];
  let problem: CsvProblem | undefined;
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
      const hasReturn = /\r(?!\n)/.test(text.replaceAll(/"(?:[^"]|"")*"/g, ""));
      if (expected === undefined) expect(problem).toBeDefined();
      else if (hasReturn) expect(problem).toMatchObject({ character: "carriage return" });
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
  expect(problem).toEqual({ character: "quote", line: 8, cell: 0 });
});

test.each<[text: string, records: string[][], problem?: Omit<CsvProblem, "character">]>([
  ["id,city\r1,Paris\r", [], { line: 1, cell: 1 }],
  ["id\n1\r2\r3\n", [["id"]], { line: 2, cell: 0 }],
  ['id,city\n"1",Paris\r"2",Rome\n', [["id", "city"]], { line: 2, cell: 1 }],
  ['id,city\n"1","Paris"\r"2","Rome"\r', [["id", "city"]], { line: 2, cell: 2 }],
  ['id\n"1\r2"\n', [["id"], ["1\r2"]]],
  ["id\r\n1\r", [["id"], ["1"]]],
  [
    'id,city\r\n"1","Paris"\r',
    [
      ["id", "city"],
      ["1", "Paris"],
    ],
  ],
  ["id\r", [["id"]]],
])("a carriage return ends no line by itself, but for the last one: %j", (text, records, problem) => {
  const found = parsed(text);
  expect(found.records.map(({ cells }) => cells)).toEqual(records);
  expect(found.problem).toEqual(problem && { character: "carriage return", ...problem });
});

test("a quote that is never closed does not fill the memory", () => {
  const parser = new CsvParser(",");
  const piece = `${"x".repeat(99_999)}\n`;
  expect(parser.parse('1,"open\n').problem).toBeUndefined();
  let pieces = 0;
  while (parser.parse(piece).problem === undefined) pieces++;
  expect(pieces).toBe(Math.floor(LONGEST_RECORD / piece.length) - 1);
});
