import { type FileHandle, open } from "node:fs/promises";
import * as zlib from "node:zlib";
import type { AsyncBuffer, Compressors, FileMetaData, SchemaElement } from "hyparquet";
import { InputError, UsageError } from "../cli-errors.ts";
import { readHeader } from "./csv-header.ts";
import type { Input } from "./find-inputs.ts";
import { importHyparquet } from "./import-hyparquet.ts";
import { elementToRead, TEXT_PARSERS, valueReader } from "./parquet-column.ts";
import { ParquetPages } from "./parquet-pages.ts";
import { rowOfValues } from "./parquet-row.ts";
import type { Row } from "./row.ts";
import type { TableOptions } from "./table-options.ts";
import { timestampReader } from "./timestamp.ts";

const ROWS_AT_ONCE = 2000;

/** The rows of a Parquet file, some at a time. One row group of the columns that are read is in memory. */
export async function* readParquet(
  input: Input,
  options: TableOptions,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Row[]> {
  const { name: file, path, size = 0 } = input;
  const hyparquet = await importHyparquet(file);
  const { parquetMetadataAsync, parquetScan, parquetSchema } = hyparquet;
  const handle = await open(path);
  try {
    const buffer = bufferOf(handle, size);
    const metadata = await parquetMetadataAsync(buffer);
    const elements = parquetSchema(metadata).children.map(({ element }) => element);
    const names = elements.map(({ name }) => name);
    const header = readHeader(names, file, options, input.action);
    const actionAt = typeof header.action === "string" ? [] : [header.action.at];
    const places = [header.idAt, ...actionAt, ...header.attributes.map(({ at }) => at)];
    const columns = places.map((at) => names[at]!);
    const readTimestamp = timestampReader(options.timezone);
    const readers = places.map((at) => valueReader(elements[at]!, readTimestamp));
    const toRead = metadataToRead(metadata, elements);
    const scan = await parquetScan({ ...SCAN_OPTIONS, file: buffer, metadata: toRead, columns });
    const pages = new ParquetPages(hyparquet, metadata, compressors);
    const groups = metadata.row_groups.filter(({ num_rows }) => num_rows > 0);
    const total = Number(metadata.num_rows);
    for (const [at, { rowStart, rowEnd }] of scan.ranges.entries()) {
      await pages.check(groups[at]!, columns, buffer.slice);
      const read = (column: string) => scan.readColumn({ column, rowStart, rowEnd });
      const values = await Promise.all(columns.map(read));
      assertWhole(values, rowEnd - rowStart);
      for (let from = rowStart; from < rowEnd; from += ROWS_AT_ONCE) {
        signal.throwIfAborted();
        const to = Math.min(rowEnd, from + ROWS_AT_ONCE);
        onRead((size * (to - from)) / total);
        yield Array.from({ length: to - from }, (_, at) => {
          const row = from + at;
          const valueAt = (place: number) => readers[place]!(values[place]![row - rowStart]);
          const byName = columns.map((column, place) => [column, valueAt(place)] as const);
          return rowOfValues(new Map(byName), header, file, row + 1);
        });
      }
    }
  } catch (error) {
    if (error instanceof UsageError || signal.aborted) throw error;
    throw new InputError({ file }, reasonOf(error), { cause: error });
  } finally {
    await handle.close();
  }
}

/** Only columns of the table itself: what is nested is refused, however it is read. */
function metadataToRead(metadata: FileMetaData, columns: readonly SchemaElement[]): FileMetaData {
  const isColumn = new Set(columns);
  const schema = metadata.schema.map((element) => (isColumn.has(element) ? elementToRead(element) : element));
  return { ...metadata, schema };
}

/** Of a damaged file, hyparquet reads fewer values than the file says that there are, and no error. */
function assertWhole(values: { length: number }[], rows: number): void {
  const short = values.find(({ length }) => length !== rows);
  if (short !== undefined) throw new RangeError(`a column has ${short.length} values for ${rows} rows`);
}

function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      if (!(start >= 0 && end <= byteLength)) throw new RangeError(`it has no bytes from ${start} to ${end}`);
      const bytes = new Uint8Array(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

/** Came with Node 22.15. */
const zstd = "zstdDecompressSync" in zlib ? (zlib.zstdDecompressSync as typeof zlib.gunzipSync) : undefined;

/** Those of Node, besides the ones that hyparquet has. */
const compressors: Compressors = {
  GZIP: (bytes, length) => zlib.gunzipSync(bytes, limitedTo(length)),
  BROTLI: (bytes, length) => zlib.brotliDecompressSync(bytes, limitedTo(length)),
  ...(zstd && { ZSTD: (bytes, length) => zstd(bytes, limitedTo(length)) }),
};

const SCAN_OPTIONS = { compressors, parsers: TEXT_PARSERS, utf8: false };

/** A damaged page must not become longer than it says. */
function limitedTo(length: number): zlib.ZlibOptions {
  return { maxOutputLength: Math.max(1, length) };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, codec] = /unsupported compression codec: (\w+)/.exec(message) ?? [];
  if (codec === undefined) return `cannot be read as Parquet: ${message}`;
  const newer = codec === "ZSTD" ? ", or use Node 22.15 or later" : "";
  return `is compressed with ${codec}: write it with SNAPPY or GZIP${newer}`;
}
