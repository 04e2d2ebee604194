import { constants, createReadStream, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { InputError, systemReason } from "../cli-errors.ts";
import type { Input } from "./find-inputs.ts";
import { adviceForHead, HEAD_BYTES } from "./foreign-formats.ts";
import { unpack } from "./unpack.ts";

const READ_AT_ONCE = 64 * 1024;

/**
 * The bytes of an input, unpacked, until the signal is aborted. `onRead` is called with the length of each piece before it
 * is unpacked.
 */
export async function* readBytes(
  input: Input,
  stdin: Readable,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const raw = addAbortSignal(signal, input.path === "-" ? stdin : openFile(input.path));
  let isPacked = false;
  try {
    const chunks = countBytes(raw, input.size, onRead);
    const head = await headOf(chunks);
    const advice = adviceForHead(head);
    if (advice !== undefined) throw new Error(advice);
    // One of no bytes is packed by its name alone: an error there, since its transfer failed.
    isPacked = /\.gz$/i.test(input.path) || (head[0] === 0x1f && head[1] === 0x8b);
    const whole = chain(head, chunks);
    yield* isPacked ? unpack(whole) : whole;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const isBroken = isPacked && code.startsWith("Z_");
    const reason = isBroken ? `is broken as gzip: ${systemReason(error)}` : systemReason(error);
    throw new InputError({ file: input.name }, reason, { cause: error });
  }
}

function openFile(path: string): Readable {
  if (!statSync(path).isFIFO()) return createReadStream(path, { highWaterMark: READ_AT_ONCE });
  // To open a named pipe waits for a writer, which would survive a signal; to wait for bytes does not.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/** Throws where a file has not the length that it had at the start: it is not the file that was meant. */
async function* countBytes(
  chunks: AsyncIterable<Buffer>,
  size: number | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onRead(chunk.length);
    yield chunk;
  }
  // Some files of the system claim to be empty.
  if (size === undefined || size === 0 || size === bytes) return;
  throw new Error(
    bytes < size
      ? `was cut while it was read: ${bytes} of ${size} bytes are left`
      : `grew while it was read, from ${size} to ${bytes} bytes`,
  );
}

/** Enough to recognise what it is: a pipe may give one byte at first. */
async function headOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
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
