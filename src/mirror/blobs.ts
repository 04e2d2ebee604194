import { hash32 } from "../hash.ts";
import { MirrorStateError, START_OVER } from "./mirror-errors.ts";
import type { RecordCursor } from "./record.ts";
import { RecordBuffer } from "./record.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/**
 * Fixed, so that any two lists can be compared: 80,000 ids in each for a list of 20 million. No more files for it: a blob holds the
 * parts of many partitions.
 */
export const PARTITIONS = 256;
/** Bytes held before they are written as one blob. */
const BLOB_BYTES = 2 ** 23;
const CHECKSUM_SEED = 3;

/** A part of a blob: its name, from where, up to where, and its checksum. */
export type Part = readonly [blob: string, from: number, to: number, checksum: number];

/** Reads a part, and makes sure that it is what was written. */
async function readPart(store: SnapshotStore, part: Part): Promise<Uint8Array> {
  const [blob, from, to, checksum] = part;
  const bytes = await store.read(blob, from, to);
  if (bytes.length === to - from && checksumOf(bytes) === checksum) return bytes;
  const found = bytes.length === to - from ? "other bytes" : `${bytes.length} bytes`;
  throw new MirrorStateError(
    `${blob} of the state is damaged: expected the ${to - from} bytes that were written, got ${found}. Restore it, or ${START_OVER}`,
  );
}

/** Reads parts as one. */
export async function readParts(store: SnapshotStore, parts: readonly Part[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const part of parts) pieces.push(await readPart(store, part));
  return pieces.length === 1 ? pieces[0]! : joined(pieces);
}

export function checksumOf(bytes: Uint8Array): number {
  return hash32(bytes, 0, bytes.length, CHECKSUM_SEED);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Writes parts one after the other into blobs. */
export class BlobWriter {
  readonly #store: SnapshotStore;
  readonly #name: string;
  readonly #bytes = new RecordBuffer();
  #blobs = 0;

  constructor(store: SnapshotStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** Resolves to where the bytes are, once `end` is called. */
  async write(bytes: Uint8Array): Promise<Part[]> {
    if (bytes.length === 0) return [];
    if (this.#bytes.length > 0 && this.#bytes.length + bytes.length > BLOB_BYTES) await this.end();
    const from = this.#bytes.length;
    this.#bytes.append(bytes);
    return [[`${this.#name}-${this.#blobs}`, from, this.#bytes.length, checksumOf(bytes)]];
  }

  /** Writes what is held. */
  async end(): Promise<void> {
    if (this.#bytes.length === 0) return;
    await this.#store.write(`${this.#name}-${this.#blobs++}`, this.#bytes.written);
    this.#bytes.clear();
  }
}

/** Records on their way to their partitions. Few of them are never written: they stay in memory. */
export class Partitions {
  readonly #store: SnapshotStore;
  readonly #writer: BlobWriter;
  readonly #held = Array.from({ length: PARTITIONS }, () => new RecordBuffer());
  readonly #parts: Part[][] = Array.from({ length: PARTITIONS }, () => []);
  #bytes = 0;

  constructor(store: SnapshotStore, name: string) {
    this.#store = store;
    this.#writer = new BlobWriter(store, name);
  }

  /** Add no more before `flush` has resolved. */
  get isFull(): boolean {
    return this.#bytes >= BLOB_BYTES;
  }

  add(record: RecordCursor): void {
    const held = this.#held[partitionOf(record)]!;
    const before = held.length;
    held.copy(record);
    this.#bytes += held.length - before;
  }

  async flush(): Promise<void> {
    for (const [partition, held] of this.#held.entries()) {
      this.#parts[partition]!.push(...(await this.#writer.write(held.written)));
      held.clear();
    }
    await this.#writer.end();
    this.#bytes = 0;
  }

  /** The records of a partition, in the order in which they were added. */
  async read(partition: number): Promise<Uint8Array> {
    const written = await readParts(this.#store, this.#parts[partition]!);
    const held = this.#held[partition]!.written;
    return written.length === 0 ? held : joined([written, held]);
  }
}

/** The upper bits of the hash: the lower ones find the id within its partition. */
function partitionOf({ idHash }: RecordCursor): number {
  return idHash >>> 24;
}
