import { isUtf8 } from "node:buffer";
import { InputError, type Place } from "../cli-errors.ts";

/** Whole lines, line ends included; only the last of an input may lack its own. */
export interface Lines {
  bytes: Buffer;
  /** Number of the first of them, from 1. */
  line: number;
  /** Known where a checkpoint may need it. */
  end?: TextEnd | undefined;
}

/** A place in the text of all inputs, read one after the other and unpacked. */
export interface TextEnd {
  /** Before it. */
  bytes: number;
  /** Of the text before it. */
  sha256: string;
}

/** In bytes. A longer action fits no request, and a missing quote or line end must not fill the memory. */
export const LONGEST_RECORD = 4_000_000;

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** For files of old programs for the Macintosh. */
export const RETURNS_ADVICE = "if each line ends with a carriage return, tr '\\r' '\\n' converts the file";
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Cuts bytes after line ends, and checks that they are UTF-8: there, a line end is part of no other character. */
export async function* wholeLines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<Lines> {
  let left: Buffer = Buffer.alloc(0);
  let line = 1;
  let isStart = true;
  for await (const chunk of chunks) {
    const joined: Buffer = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    const end = joined.lastIndexOf(LINE_END) + 1;
    yield* checked(joined.subarray(0, end));
    left = joined.subarray(end);
    if (left.length > LONGEST_RECORD) {
      const hint = left.includes(CARRIAGE_RETURN) ? `; ${RETURNS_ADVICE}` : "";
      throw new InputError({ file, line }, `the line is longer than ${LONGEST_RECORD} bytes${hint}`);
    }
  }
  yield* checked(left);

  /** Up to the first line that is not UTF-8, and then throws. */
  function* checked(bytes: Buffer): Generator<Lines> {
    if (bytes.length === 0) return;
    const end = isUtf8(bytes) ? bytes.length : firstBroken(bytes);
    const isUtf16 = isStart && /^(?:fffe|feff)/.test(bytes.toString("hex", 0, 2));
    const from = isStart && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
    isStart = false;
    const whole = bytes.subarray(from, end);
    if (whole.length > 0) yield { bytes: whole, line };
    line += countLineEnds(whole);
    if (end < bytes.length) throw notUtf8(bytes.subarray(end), { file, line }, isUtf16);
  }
}

function firstBroken(bytes: Buffer): number {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(LINE_END, start) + 1;
    if (end === 0 || !isUtf8(bytes.subarray(start, end))) return start;
    start = end;
  }
}

function notUtf8(bytes: Buffer, place: Place, isUtf16: boolean): InputError {
  if (isUtf16) {
    return new InputError(place, "is UTF-16, expected UTF-8: iconv -f UTF-16 -t UTF-8 converts it");
  }
  const column = bytes.toString("utf8").indexOf("\ufffd") + 1;
  return new InputError(
    { ...place, column },
    "is not UTF-8 here; if it is Windows text, iconv -f WINDOWS-1252 -t UTF-8 converts it",
  );
}

export function countLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) count++;
  return count;
}
