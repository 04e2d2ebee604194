import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type ActionName, FORMATS, type Format, type GivenFile } from "./arguments.ts";
import { InputError, systemReason, UsageError } from "./errors.ts";

/** A file that will be read, or standard input. */
export interface Input {
  /** As given; "-" is standard input. */
  path: string;
  /** For people. */
  name: string;
  format: Format;
  /** What its records do, where they do not say it themselves. */
  action?: ActionName;
  /** In bytes; missing for what is no regular file. */
  size?: number;
  modifiedMs?: number;
}

const EXTENSIONS: Record<string, Format> = { csv: "csv", tsv: "tsv", ndjson: "ndjson", jsonl: "ndjson" };
const READ_AT_ONCE = 256 * 1024;

export interface InputDefaults {
  format?: Format | undefined;
  action?: ActionName | undefined;
}

/** Looks at each file before anything is sent. */
export async function findInputs(files: readonly GivenFile[], defaults: InputDefaults): Promise<Input[]> {
  if (files.filter(({ path }) => path === "-").length > 1) {
    throw new UsageError("standard input (-) can be read only once");
  }
  return Promise.all(files.map((file) => findInput(file, defaults)));
}

async function findInput(file: GivenFile, defaults: InputDefaults): Promise<Input> {
  const { path } = file;
  const name = path === "-" ? "standard input" : path;
  const extension = /\.(\w+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const format = defaults.format ?? EXTENSIONS[extension];
  const action = file.action ?? defaults.action;
  const input = { path, name, ...(action === undefined ? {} : { action }) };
  if (path === "-") return { ...input, format: knownFormat(name, format) };

  const stats = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path}: ${systemReason(error)}`, { cause: error });
  });
  if (stats.isDirectory()) throw new UsageError(`${path}: is a directory, name the files in it`);
  const known = knownFormat(name, format);
  if (!stats.isFile()) return { ...input, format: known };
  return { ...input, format: known, size: stats.size, modifiedMs: Math.trunc(stats.mtimeMs) };
}

function knownFormat(name: string, format: Format | undefined): Format {
  if (format !== undefined) return format;
  throw new UsageError(`${name}: no extension tells the format, add --format ${FORMATS.join(" or ")}`);
}

/** The bytes of an input, unpacked. `onRead` hears of each piece as it stands on the disk or in the pipe. */
export async function* readBytes(input: Input, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const raw =
    input.path === "-" ? process.stdin : createReadStream(input.path, { highWaterMark: READ_AT_ONCE });
  let isPacked = false;
  try {
    const chunks = counted(raw, onRead);
    const head = await headOf(chunks);
    isPacked = input.path.endsWith(".gz") || (head[0] === 0x1f && head[1] === 0x8b);
    const whole = chain(head, chunks);
    // An error of any part comes out at the end that is read.
    yield* isPacked && head.length > 0 ? pipeline(whole, createGunzip(), () => {}) : whole;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const isBroken = isPacked && code.startsWith("Z_");
    const reason = isBroken ? `is broken as gzip: ${systemReason(error)}` : systemReason(error);
    throw new InputError({ file: input.name }, reason, { cause: error });
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, onRead: (bytes: number) => void) {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

/** Enough to tell gzip: a pipe may give one byte at first. */
async function headOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* chain(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}
