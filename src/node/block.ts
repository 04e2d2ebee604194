import { createHash } from "node:crypto";

/** A block is written once it has so many bytes. One for each partition is held in memory: 32 MB together. */
const BLOCK_BYTES = 32 * 1024;
/** Room for the record that fills a block, unless it is longer. */
const FULL_BYTES = BLOCK_BYTES + 1024;
/** Checksum (8), partition (4), bytes that follow (4), records (4), number of the first record (8). */
export const HEADER_BYTES = 28;
const CHECKSUM_BYTES = 8;
/** Room for the two numbers before a text. */
const MAX_NUMBERS_BYTES = 16;
const INITIAL_BYTES = FULL_BYTES / 32;

/** A text without lone surrogates, with a number that never falls within a partition. */
export interface PartitionRecord {
  number: number;
  text: string;
  /** Length of the text in UTF-8. */
  bytes: number;
}

export interface BlockHeader {
  partition: number;
  /** Length of the block, the header included. */
  length: number;
  records: number;
}

/**
 * Records of one partition, as they are in a file: a header, then of each record its length, how far its number is from the one
 * before, and its text in UTF-8.
 */
export class Block {
  readonly partition: number;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #end = HEADER_BYTES;
  #records = 0;
  #lastNumber = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  get records(): number {
    return this.#records;
  }

  get isFull(): boolean {
    return this.#end >= BLOCK_BYTES;
  }

  append({ number, text, bytes }: PartitionRecord): void {
    this.#reserve(bytes + MAX_NUMBERS_BYTES);
    if (this.#records === 0) {
      this.#buffer.writeDoubleLE(number, 20);
      this.#lastNumber = number;
    }
    let end = writeNumber(this.#buffer, this.#end, bytes);
    end = writeNumber(this.#buffer, end, number - this.#lastNumber);
    this.#end = end + this.#buffer.write(text, end, bytes, "utf8");
    this.#lastNumber = number;
    this.#records++;
  }

  /** The block as it is written. Valid until the next `append` or `clear`. */
  seal(): Buffer {
    const sealed = this.#buffer.subarray(0, this.#end);
    sealed.writeUInt32LE(this.partition, 8);
    sealed.writeUInt32LE(this.#end - HEADER_BYTES, 12);
    sealed.writeUInt32LE(this.#records, 16);
    sealed.set(checksum(sealed));
    return sealed;
  }

  /** Drops the records, and holds the memory for the next ones. */
  clear(): void {
    this.#end = HEADER_BYTES;
    this.#records = 0;
  }

  #reserve(more: number): void {
    const length = this.#buffer.length;
    if (this.#end + more <= length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(Math.min(2 * length, FULL_BYTES), this.#end + more));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

export function readHeader(block: Buffer): BlockHeader {
  return {
    partition: block.readUInt32LE(8),
    length: HEADER_BYTES + block.readUInt32LE(12),
    records: block.readUInt32LE(16),
  };
}

/** Whether a block is as it was written. */
export function isIntact(block: Buffer): boolean {
  return checksum(block).equals(block.subarray(0, CHECKSUM_BYTES));
}

/** The records of an intact block. */
export function* recordsOf(block: Buffer): Generator<PartitionRecord> {
  const at = { position: HEADER_BYTES };
  let number = block.readDoubleLE(20);
  while (at.position < block.length) {
    const bytes = readNumber(block, at);
    number += readNumber(block, at);
    const text = block.toString("utf8", at.position, at.position + bytes);
    at.position += bytes;
    yield { number, text, bytes };
  }
}

function checksum(block: Buffer): Buffer {
  const hash = createHash("sha256").update(block.subarray(CHECKSUM_BYTES));
  return hash.digest().subarray(0, CHECKSUM_BYTES);
}

/** 7 bits to a byte; the top bit says that more follow. Returns where it ends. */
function writeNumber(buffer: Buffer, at: number, number: number): number {
  let end = at;
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[end++] = (rest % 0x80) | 0x80;
  buffer[end++] = rest;
  return end;
}

function readNumber(buffer: Buffer, at: { position: number }): number {
  let number = 0;
  for (let factor = 1; ; factor *= 0x80) {
    const byte = buffer[at.position++]!;
    number += (byte & 0x7f) * factor;
    if (byte < 0x80) return number;
  }
}
