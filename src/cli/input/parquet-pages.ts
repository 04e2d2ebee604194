/**
 * hyparquet believes what a page says of itself. In a damaged file that can be a loop without an end, or more values than fit
 * memory: neither can be caught. So what decides how long its loops are is looked at before.
 */

import type { ColumnChunk, Compressors, DataReader, FileMetaData, PageHeader, RowGroup } from "hyparquet";
import type { Hyparquet } from "./import-hyparquet.ts";

/** The pages of a chunk, and what they need to be read. */
interface Chunk {
  values: number;
  isBoolean: boolean;
  /** Bits of a repetition and of a definition level: 0 where there are none. */
  levels: readonly [repetition: number, definition: number];
  decompress(bytes: Uint8Array, length: number): Uint8Array;
}

/** Encodings whose values are runs, each of which says how long it is. */
const RUNS = ["RLE", "PLAIN_DICTIONARY", "RLE_DICTIONARY"];

export class ParquetPages {
  readonly #hyparquet: Hyparquet;
  readonly #metadata: FileMetaData;
  readonly #compressors: Compressors;

  constructor(hyparquet: Hyparquet, metadata: FileMetaData, compressors: Compressors) {
    this.#hyparquet = hyparquet;
    this.#metadata = metadata;
    this.#compressors = compressors;
  }

  /** Throws if a page of these columns can be none of a whole file. `read` gives bytes of the file. */
  async check(
    { columns }: RowGroup,
    names: readonly string[],
    read: (start: number, end: number) => PromiseLike<ArrayBuffer> | ArrayBuffer,
  ): Promise<void> {
    for (const { meta_data: meta } of columns) {
      if (meta === undefined || !names.includes(meta.path_in_schema[0]!)) continue;
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
      const bytes = await read(start, start + Number(meta.total_compressed_size));
      this.#checkChunk(new DataView(bytes), this.#chunkOf(meta));
    }
  }

  #chunkOf({ path_in_schema, num_values, codec, type }: NonNullable<ColumnChunk["meta_data"]>): Chunk {
    const { getSchemaPath, getMaxRepetitionLevel, getMaxDefinitionLevel, decompressPage } = this.#hyparquet;
    const path = getSchemaPath(this.#metadata.schema, path_in_schema);
    return {
      values: Number(num_values),
      isBoolean: type === "BOOLEAN",
      levels: [bitsOf(getMaxRepetitionLevel(path)), bitsOf(getMaxDefinitionLevel(path))],
      decompress: (bytes, length) => decompressPage(bytes, length, codec, this.#compressors),
    };
  }

  #checkChunk(view: DataView, chunk: Chunk): void {
    const reader = { view, offset: 0 };
    while (reader.offset < view.byteLength - 1) {
      const header = this.#hyparquet.parquetHeader(reader);
      assertCount(header.uncompressed_page_size, Number.MAX_SAFE_INTEGER);
      assertCount(header.compressed_page_size, view.byteLength - reader.offset);
      const bytes = new Uint8Array(view.buffer, reader.offset, header.compressed_page_size);
      // A dictionary has neither levels nor runs: its bytes end.
      if (header.type === "DATA_PAGE") this.#checkFirstVersion(header, bytes, chunk);
      if (header.type === "DATA_PAGE_V2") this.#checkSecondVersion(header, bytes, chunk);
      reader.offset += header.compressed_page_size;
    }
  }

  /** Levels and values are compressed together. */
  #checkFirstVersion(header: PageHeader, bytes: Uint8Array, { levels, ...chunk }: Chunk): void {
    const { num_values: values, encoding } = header.data_page_header!;
    assertCount(values, chunk.values);
    const page = readerOf(chunk.decompress(bytes, header.uncompressed_page_size));
    for (const bits of levels) if (bits > 0) this.#checkRuns(page, bits, values);
    if (!RUNS.includes(encoding)) return;
    if (chunk.isBoolean) this.#checkRuns(page, 1, values);
    else this.#checkIndexes(page, values);
  }

  /** Levels come first, and are not compressed. */
  #checkSecondVersion(header: PageHeader, bytes: Uint8Array, chunk: Chunk): void {
    const { data_page_header_v2, uncompressed_page_size: size } = header;
    const { num_values, num_nulls, encoding, is_compressed, ...lengths } = data_page_header_v2!;
    const { repetition_levels_byte_length: repetitions, definition_levels_byte_length: definitions } =
      lengths;
    assertCount(num_values, chunk.values);
    assertCount(num_nulls, num_values);
    assertCount(repetitions, Math.min(size, bytes.length));
    assertCount(definitions, Math.min(size, bytes.length) - repetitions);
    const levels = readerOf(bytes);
    const [repetitionBits, definitionBits] = chunk.levels;
    if (repetitionBits > 0) this.#checkRuns(levels, repetitionBits, num_values, repetitions);
    levels.offset = repetitions;
    if (definitionBits > 0) this.#checkRuns(levels, definitionBits, num_values, definitions);
    if (!RUNS.includes(encoding)) return;
    const rest = bytes.subarray(repetitions + definitions);
    const page = readerOf(
      is_compressed === false ? rest : chunk.decompress(rest, size - repetitions - definitions),
    );
    if (encoding === "RLE") this.#checkRuns(page, 1, num_values - num_nulls);
    else this.#checkIndexes(page, num_values - num_nulls);
  }

  /** Those of a dictionary: their number of bits, then runs to the end. */
  #checkIndexes(page: DataReader, values: number): void {
    if (page.view.byteLength === page.offset) return;
    const bits = page.view.getUint8(page.offset++);
    this.#checkRuns(page, bits, values, page.view.byteLength - page.offset);
  }

  /** `length`: that of the runs in bytes. Without it, that stands before them. */
  #checkRuns(reader: DataReader, bits: number, values: number, length?: number): void {
    const bytes = length ?? reader.view.getUint32(reader.offset, true);
    if (length === undefined) reader.offset += 4;
    const end = reader.offset + bytes;
    for (let seen = 0; seen < values && reader.offset < Math.min(end, reader.view.byteLength); ) {
      const run = this.#hyparquet.readVarInt(reader) >>> 0;
      const isPacked = (run & 1) === 1;
      const count = (run >>> 1) * (isPacked ? 8 : 1);
      assertCount(count, SLACK + values);
      reader.offset += isPacked ? (run >>> 1) * bits : (bits + 7) >> 3;
      seen += count;
    }
    reader.offset = end;
  }
}

/** Some writers fill the last run up. So much does no harm. */
const SLACK = 10_000;

function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

function bitsOf(highest: number): number {
  return 32 - Math.clz32(highest);
}

function assertCount(value: number | undefined, most: number): asserts value is number {
  const isCount = Number.isSafeInteger(value) && value! >= 0 && value! <= most;
  if (!isCount) throw new RangeError(`a page has ${value} where there can be at most ${most}`);
}
