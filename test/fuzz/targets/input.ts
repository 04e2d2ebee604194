// Bytes as input of the command line: CSV, TSV and NDJSON, in pieces, as they come out of a pipe.

import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { ActionEncoder } from "../../../src/actions/encoder.ts";
import { InputReader } from "../../../src/cli/input/input-reader.ts";
import { isReadable, ORIGIN, type Row } from "../../../src/cli/input/row.ts";
import { tableOptions } from "../../../src/cli/input/table-options.ts";
import { anyBytes } from "../edits.ts";
import { assert, assertOwn, bytesOf, type Target } from "../target.ts";

/** What decides how such an input is read. */
const WORDS = {
  csv: [
    ...["id", "action", "add", "remove", ",", ",", ",", "\n", "\n", "\r\n", "\r", '"', '"', '""', ";", "\t"],
    ...[
      "id,action\n",
      "a,add\n",
      'b,"x\ny"\n',
      "age:number",
      "vip:boolean",
      "x:date",
      "date(joined)",
      "1e400",
    ],
    ...[
      "2026-01-02 03:04:05+00",
      "2026-02-30",
      "0x10",
      "true",
      "\\N",
      "\xef\xbb\xbf",
      "\xff\xfe",
      "\0",
      "__proto__",
    ],
  ],
  ndjson: [
    ...[
      '{"action":"add","id":"a"}\n',
      '{"action":"remove","id":"a"}',
      '{"id":"b","attributes":{',
      "}",
      "{",
      "[",
      "]",
    ],
    ...[
      ":",
      ",",
      "\n",
      "\r\n",
      '"',
      '"id"',
      '"attributes"',
      '"__proto__":1',
      "\\u",
      "\\ud800",
      "1e999",
      "-",
      "null",
    ],
    ...[
      "9007199254740993",
      "\xef\xbb\xbf",
      "\xff",
      "\xc3",
      "\0",
      '{"toJSON":1}',
      '{"action":{"a":1}}',
      "true",
    ],
  ],
};

const textOfWords = (words: string[]) =>
  fc
    .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, anyBytes(4)), { maxLength: 40 })
    .map((parts) => parts.join(""));

/** Short in a file, and long when it is read. */
const nested = fc.record({ depth: fc.constantFrom(100, 20_000), rest: fc.constantFrom("", "]", '"a"') });

interface Input {
  format: "csv" | "tsv" | "ndjson";
  text: string;
  /** A value that is nested so deeply, at the end. */
  nested?: { depth: number; rest: string } | undefined;
  isPacked: boolean;
  /** Lengths of the pieces, in turn. */
  pieces: number[];
  action?: "add" | "remove" | "member" | undefined;
  flags: { "no-header"?: true; columns?: string; delimiter?: string; null?: string[] };
}

export const input: Target<Input> = {
  name: "input",
  input: fc.constantFrom("csv" as const, "tsv" as const, "ndjson" as const).chain((format) =>
    fc.record({
      format: fc.constant(format),
      text: fc.oneof(
        { weight: 6, arbitrary: textOfWords(format === "ndjson" ? WORDS.ndjson : WORDS.csv) },
        { weight: 3, arbitrary: textOfWords(WORDS.csv).map((text) => `id,action,age:number\n${text}`) },
        { weight: 1, arbitrary: anyBytes(200) },
      ),
      nested: fc.option(nested, { nil: undefined, freq: 50 }),
      isPacked: fc.constantFrom(false, false, false, false, false, false, true),
      pieces: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      action: fc.constantFrom(undefined, undefined, "add" as const, "remove" as const, "member" as const),
      flags: fc.oneof(
        { weight: 3, arbitrary: fc.constant({}) },
        fc.constantFrom<Input["flags"]>(
          { "no-header": true, columns: "id,action,age:number" },
          { delimiter: ";" },
          { null: ["a"] },
        ),
      ),
    }),
  ),
  async run(given) {
    const bytes = bytesGiven(given);
    const [inPieces, atOnce] = [await read(given, cut(bytes, given.pieces)), await read(given, [bytes])];
    assert(isDeepStrictEqual(inPieces, atOnce), "other rows in pieces than at once");
  },
};

function bytesGiven({ text, nested, isPacked }: Input): Buffer {
  const { depth = 0, rest = "" } = nested ?? {};
  const tail =
    depth === 0 ? "" : `\n{"id":"a","attributes":{"a":${"[".repeat(depth)}${rest}${"]".repeat(depth)}}}`;
  const bytes = bytesOf(text + tail);
  return isPacked ? gzipSync(bytes) : bytes;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  // Long ones would be thousands of pieces.
  const unit = Math.ceil(bytes.length / 4000) || 1;
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const end = at + unit * lengths[n % lengths.length]!;
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** What is read, in words, and how it ended. */
async function read({ format, action, flags }: Input, pieces: Buffer[]): Promise<string[]> {
  const found: string[] = [];
  const stdin = Readable.from(pieces, { objectMode: false });
  const source = { path: "-", name: "standard input", format, ...(action && { action }) };
  const records = action === "member" ? "members" : "actions";
  const encoder = new ActionEncoder(4_000_000, () => {}, records);
  try {
    const reader = new InputReader([source], { table: tableOptions(flags), stdin });
    for await (const row of reader.rows) found.push(describe(row, encoder));
  } catch (error) {
    assertOwn(error);
    found.push(String(error));
  }
  return found;
}

function describe(row: Row, encoder: ActionEncoder): string {
  const origin = row[ORIGIN];
  const record = origin.recordJson();
  JSON.parse(record);
  assert(origin.line >= 1, `line ${origin.line}`);
  const encoded = encoder.encode(row, 0);
  assert(isReadable(row) || Array.isArray(encoded), "a row that cannot be read is an action");
  if (Array.isArray(encoded)) for (const { path } of encoded) origin.nameOf(path);
  else JSON.parse(origin.actionJson(row));
  return `${origin.line} ${record} ${Array.isArray(encoded) ? origin.problem?.reason : encoded.json}`;
}
