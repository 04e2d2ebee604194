import { Block, HEADER_BYTES, isIntact, type PartitionRecord, readHeader, recordsOf } from "./block.ts";
import { DirectoryError, toDirectoryError } from "./directory-error.ts";
import { type Files, systemFiles } from "./files.ts";
import { PARTITIONS } from "./partitions.ts";

/** What a sealed file holds, to be written down and compared when the file is opened again. */
export interface PartitionTotals {
  /** Length of the file. */
  bytes: number;
  /** How many records each partition has. */
  records: number[];
}

/** Few blocks, since a partition may be of any length. One at a time would wait for the disk for each. */
const BLOCKS_AT_ONCE = 8;

/** Where a block is in the file. */
interface Place {
  position: number;
  length: number;
}

/**
 * Records by partition, in one file of blocks: each has the records of one partition, its length and a checksum. It is written
 * once, from its start to its end. In memory are one unwritten block for each partition, and the places of the written ones.
 */
export class PartitionFile {
  readonly path: string;
  readonly #files: Files;
  readonly #file: number;
  #written: Place[][] = Array.from({ length: PARTITIONS }, () => []);
  #unwritten: (Block | undefined)[] = new Array(PARTITIONS).fill(undefined);
  readonly #records = new Float64Array(PARTITIONS);
  /** The blocks that are read at once. */
  readonly #buffers: Buffer[] = [];
  #bytes = 0;

  private constructor(path: string, flags: "r" | "wx+", files: Files) {
    this.path = path;
    this.#files = files;
    try {
      this.#file = files.open(path, flags);
    } catch (error) {
      throw toDirectoryError(path, flags === "r" ? "cannot be read" : "cannot be written", error);
    }
  }

  /** A new file. There must be none of that name. */
  static create(path: string, files = systemFiles): PartitionFile {
    return new PartitionFile(path, "wx+", files);
  }

  /** A sealed file. Rejects if it does not hold what its totals say. */
  static async open(path: string, totals: PartitionTotals, files = systemFiles): Promise<PartitionFile> {
    const file = new PartitionFile(path, "r", files);
    try {
      await file.#findBlocks(totals);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get totals(): PartitionTotals {
    return { bytes: this.#bytes, records: [...this.#records] };
  }

  recordsIn(partition: number): number {
    return this.#records[partition]!;
  }

  /** If it throws, the disk has failed. The record is then in memory, and can be read back like all others. */
  append(partition: number, record: PartitionRecord): void {
    let block = this.#unwritten[partition];
    if (block === undefined) {
      block = new Block(partition);
      this.#unwritten[partition] = block;
    }
    block.append(record);
    this.#records[partition]!++;
    if (block.isFull) this.#write(block);
  }

  /** Writes what is in memory. */
  seal(): void {
    for (const block of this.#unwritten) if (block !== undefined && block.records > 0) this.#write(block);
    this.#unwritten.fill(undefined);
  }

  /** Resolves once all that was written is on the disk, so that the totals may be written down. */
  async sync(): Promise<void> {
    try {
      await this.#files.sync(this.#file);
    } catch (error) {
      throw toDirectoryError(this.path, "cannot be written", error);
    }
  }

  /** The records of a partition, in the order in which they were appended, by block. Take them before the next block. */
  async *read(partition: number): AsyncGenerator<Iterable<PartitionRecord>> {
    const places = this.#written[partition]!;
    for (let at = 0; at < places.length; at += BLOCKS_AT_ONCE) {
      const reads = places.slice(at, at + BLOCKS_AT_ONCE).map((place, i) => this.#readBlock(place, i));
      for (const { block, bytes } of await Promise.all(reads)) yield this.#recordsOf(block, bytes, partition);
    }
    yield* this.#unwrittenRecords(partition);
  }

  /** Into a buffer that serves again: V8 would let new ones pile up. */
  async #readBlock({ position, length }: Place, number: number): Promise<{ block: Buffer; bytes: number }> {
    let buffer = this.#buffers[number];
    if (buffer === undefined || buffer.length < length) {
      buffer = Buffer.allocUnsafeSlow(length);
      this.#buffers[number] = buffer;
    }
    const block = buffer.subarray(0, length);
    const bytes = await this.#files
      .read(this.#file, block, position)
      .catch((error) => this.#cannotRead(error));
    return { block, bytes };
  }

  /** All records from a partition on, for an iterator that cannot wait. */
  *readNow(first: number): Generator<PartitionRecord, void> {
    for (let partition = first; partition < PARTITIONS; partition++) {
      for (const { position, length } of this.#written[partition]!) {
        const block = Buffer.allocUnsafeSlow(length);
        yield* this.#recordsOf(block, this.#readBytes(block, position), partition);
      }
      for (const records of this.#unwrittenRecords(partition)) yield* records;
    }
  }

  /** The same records, to be read when this one is closed. */
  reopen(): PartitionFile {
    const file = new PartitionFile(this.path, "r", this.#files);
    file.#written = this.#written;
    file.#unwritten = this.#unwritten;
    return file;
  }

  close(): void {
    this.#files.close(this.#file);
  }

  #write(block: Block): void {
    const bytes = block.seal();
    try {
      // One call may write only a part.
      for (let at = 0; at < bytes.length; ) {
        at += this.#files.write(this.#file, bytes.subarray(at), this.#bytes + at);
      }
    } catch (error) {
      throw toDirectoryError(this.path, "cannot be written", error);
    }
    this.#written[block.partition]!.push({ position: this.#bytes, length: bytes.length });
    this.#bytes += bytes.length;
    block.clear();
  }

  *#unwrittenRecords(partition: number): Generator<Iterable<PartitionRecord>> {
    const block = this.#unwritten[partition];
    if (block !== undefined && block.records > 0) yield recordsOf(Buffer.from(block.seal()));
  }

  #recordsOf(block: Buffer, bytesRead: number, partition: number): Iterable<PartitionRecord> {
    const isWhole = bytesRead === block.length && readHeader(block).partition === partition;
    if (!isWhole || !isIntact(block)) throw this.#damaged();
    return recordsOf(block);
  }

  /** The headers lie one after the other. The checksums are compared when the blocks are read. */
  async #findBlocks({ bytes, records }: PartitionTotals): Promise<void> {
    const header = Buffer.alloc(HEADER_BYTES);
    while (this.#bytes < bytes) {
      const position = this.#bytes;
      const read = await this.#files
        .read(this.#file, header, position)
        .catch((error) => this.#cannotRead(error));
      const { partition, length, records } = readHeader(header);
      if (read < HEADER_BYTES || partition >= PARTITIONS) throw this.#damaged();
      this.#written[partition]!.push({ position, length });
      this.#records[partition]! += records;
      this.#bytes += length;
    }
    // A block in a wrong partition would hide the last actions of its ids from the right one.
    const isSame =
      records.length === PARTITIONS && records.every((count, index) => count === this.#records[index]);
    if (this.#bytes !== bytes || !isSame) throw this.#damaged();
  }

  #readBytes(block: Buffer, position: number): number {
    try {
      return this.#files.readNow(this.#file, block, position);
    } catch (error) {
      return this.#cannotRead(error);
    }
  }

  #cannotRead(error: unknown): never {
    throw toDirectoryError(this.path, "cannot be read", error);
  }

  #damaged(): DirectoryError {
    return new DirectoryError(
      this.path,
      "is damaged: what it holds is not what was written. Nothing of the damaged part was sent. Delete the folder, and run again over the whole source",
    );
  }
}
