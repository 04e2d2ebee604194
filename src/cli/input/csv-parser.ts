import { LONGEST_RECORD } from "./lines.ts";

export interface CsvRecord {
  cells: string[];
  /** The line on which it begins, from 1. */
  line: number;
}

/** Why nothing can be read from here on. */
export interface CsvProblem {
  /** A quote that is never closed or that stands where none may, or a carriage return that ends no line. */
  character: "quote" | "carriage return";
  /** Where the record begins. */
  line: number;
  /** Position of the cell, from 0. */
  cell: number;
}

export interface Parsed {
  /** Up to the problem. */
  records: CsvRecord[];
  problem?: CsvProblem;
}

/** Cuts text into records and cells, as RFC 4180 has it. Blank lines are no records. Takes one piece after the other. */
export class CsvParser {
  readonly #delimiter: string;
  /** A record with a quote that is open. */
  #rest = "";
  #openCell = 0;
  /** Where the next record begins. */
  #line = 1;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** The records that end in this piece, which has to be whole lines. */
  parse(piece: string): Parsed {
    const text = this.#rest + piece;
    const records: CsvRecord[] = [];
    this.#rest = "";
    for (let at = 0; at < text.length; ) {
      const lineEnd = endOfLine(text, at);
      const firstLine = withoutLineEnd(text.slice(at, lineEnd));
      if (!firstLine.includes('"')) {
        const cells = firstLine.split(this.#delimiter);
        if (firstLine.includes("\r")) {
          const cell = cells.findIndex((cell) => cell.includes("\r"));
          return { records, problem: this.#problem("carriage return", cell) };
        }
        if (firstLine !== "") records.push({ cells, line: this.#line });
        this.#line++;
        at = lineEnd;
        continue;
      }
      const scan = new QuotedRecord(text, at, this.#delimiter);
      if (scan.state === "open") {
        this.#rest = text.slice(at);
        this.#openCell = scan.cells.length;
        return this.#rest.length > LONGEST_RECORD ? { records, ...this.end() } : { records };
      }
      if (scan.state !== "whole") return { records, problem: this.#problem(scan.state, scan.cells.length) };
      records.push({ cells: scan.cells, line: this.#line });
      this.#line += countNewlines(text, at, scan.end);
      at = scan.end;
    }
    return { records };
  }

  /** After the last piece: the quote that is still open. */
  end(): { problem?: CsvProblem } {
    return this.#rest === "" ? {} : { problem: this.#problem("quote", this.#openCell) };
  }

  #problem(character: CsvProblem["character"], cell: number): CsvProblem {
    return { character, line: this.#line, cell };
  }
}

/** A record with quotes, which may go on over several lines. */
class QuotedRecord {
  readonly cells: string[] = [];
  readonly state: "whole" | "open" | CsvProblem["character"];
  readonly #text: string;
  readonly #delimiter: string;
  #at: number;

  constructor(text: string, at: number, delimiter: string) {
    this.#text = text;
    this.#at = at;
    this.#delimiter = delimiter;
    this.state = this.#read();
  }

  /** Behind its line end. */
  get end(): number {
    return this.#at;
  }

  #read(): QuotedRecord["state"] {
    for (;;) {
      const problem = this.#text[this.#at] === '"' ? this.#readQuoted() : this.#readPlain();
      if (problem !== undefined) return problem;
      if (this.#text[this.#at] !== this.#delimiter) break;
      this.#at++;
    }
    const lineEnd = /\r?\n|\r?$/y;
    lineEnd.lastIndex = this.#at;
    if (!lineEnd.test(this.#text)) return this.#text[this.#at] === "\r" ? "carriage return" : "quote";
    this.#at = lineEnd.lastIndex;
    return "whole";
  }

  #readQuoted(): "open" | undefined {
    let close = this.#text.indexOf('"', this.#at + 1);
    // A quote that is doubled stands for one.
    while (close >= 0 && this.#text[close + 1] === '"') close = this.#text.indexOf('"', close + 2);
    if (close < 0) return "open";
    this.cells.push(this.#text.slice(this.#at + 1, close).replaceAll('""', '"'));
    this.#at = close + 1;
    return undefined;
  }

  #readPlain(): CsvProblem["character"] | undefined {
    const line = withoutLineEnd(this.#text.slice(this.#at, endOfLine(this.#text, this.#at)));
    const length = line.indexOf(this.#delimiter);
    const cell = length < 0 ? line : line.slice(0, length);
    const [misplaced] = /["\r]/.exec(cell) ?? [];
    if (misplaced !== undefined) return misplaced === '"' ? "quote" : "carriage return";
    this.cells.push(cell);
    this.#at += cell.length;
    return undefined;
  }
}

/** Behind the line end, or at the end of the text. */
function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}

/** A carriage return at the end of the text is a line end that was cut in two. */
function withoutLineEnd(line: string): string {
  const end = line.endsWith("\n") ? line.length - 1 : line.length;
  return line.slice(0, line[end - 1] === "\r" ? end - 1 : end);
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
