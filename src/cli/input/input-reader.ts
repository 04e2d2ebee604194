import type { Readable } from "node:stream";
import { RESTART_HINT, UsageError } from "../cli-errors.ts";
import { readCsv } from "./csv.ts";
import type { Input } from "./find-inputs.ts";
import { InputFingerprint, type RecordEnds } from "./input-fingerprint.ts";
import { type Lines, wholeLines } from "./lines.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import { readBytes } from "./read-bytes.ts";
import type { Row, Rows } from "./row.ts";
import type { TableOptions } from "./table-options.ts";

export interface ReaderOptions {
  table: TableOptions;
  stdin: Readable;
  /** To be filled, where a checkpoint needs them. */
  ends?: RecordEnds | undefined;
}

/** Reads the inputs one after the other, as far as somebody asks for more. */
export class InputReader {
  readonly inputs: readonly Input[];
  readonly #options: ReaderOptions;
  readonly #fingerprint: InputFingerprint | undefined;
  readonly #batches: AsyncGenerator<Row[]>;
  readonly #closing = new AbortController();
  #bytesRead = 0;
  #records = 0;
  #hasEnded = false;
  /** What was read last, and how many of it are handed out. */
  #batch: Row[] = [];
  #taken = 0;
  #last: IteratorResult<Row> | Promise<IteratorResult<Row>> | undefined;

  constructor(inputs: readonly Input[], options: ReaderOptions) {
    const { ends } = options;
    this.inputs = inputs;
    this.#options = options;
    this.#fingerprint = ends && new InputFingerprint(ends.expected.bytes);
    this.#batches = this.#read();
  }

  /** As the bytes are on the disk or in the pipe. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Records handed out so far. */
  get records(): number {
    return this.#records;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Bytes of all inputs, where that is known. */
  get size(): number | undefined {
    return this.inputs.reduce<number | undefined>(
      (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    );
  }

  /** For the library. It cannot close this iterable, so that `rest` can read on. */
  get rows(): AsyncIterable<Row> {
    const next = () => this.#next() as Promise<IteratorResult<Row>>;
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /**
   * The rows that the library did not take, with their indexes; it took the first `taken`. They end when the signal is
   * aborted, even while a pipe gives nothing.
   */
  async *rest(taken: number, signal?: AbortSignal): AsyncGenerator<{ row: Row; index: number }> {
    // It may have asked for one more, and stopped before it came.
    const last = await unlessAborted(this.#last, signal);
    if (last?.done === false && this.#records > taken) yield { row: last.value, index: this.#records - 1 };
    for (;;) {
      const next = await unlessAborted(this.#next(), signal);
      if (next === undefined || next.done) return;
      const index = this.#records - 1;
      if (index >= taken) yield { row: next.value, index };
    }
  }

  /** Closes the inputs, whatever is still to be read. */
  close(): void {
    this.#closing.abort();
  }

  /** At once while there are rows: a promise for each would take a tenth of the time of a run. */
  #next(): IteratorResult<Row> | Promise<IteratorResult<Row>> {
    if (this.#taken < this.#batch.length) {
      this.#last = this.#take();
    } else {
      this.#last = this.#takeFromNext();
      // Nobody may wait for it when the inputs are closed.
      this.#last.catch(() => {});
    }
    return this.#last;
  }

  #take(): IteratorResult<Row> {
    this.#records++;
    return { done: false, value: this.#batch[this.#taken++]! };
  }

  async #takeFromNext(): Promise<IteratorResult<Row>> {
    while (this.#taken === this.#batch.length) {
      const { done, value } = await this.#batches.next();
      if (done) return { done, value: undefined };
      [this.#batch, this.#taken] = [value, 0];
    }
    return this.#take();
  }

  async *#read(): AsyncGenerator<Row[]> {
    const { ends } = this.#options;
    for (const input of this.inputs) {
      for await (const { rows, end } of this.#rowsOf(input)) {
        const records = this.#records + rows.length;
        if (end !== undefined && ends?.add({ ...end, records }) === false) throw changed(input);
        yield rows;
      }
    }
    if (ends?.isMet === false) throw changed(this.inputs.at(-1));
    this.#hasEnded = true;
  }

  #rowsOf(input: Input): AsyncGenerator<Rows> {
    const { stdin, table } = this.#options;
    const onRead = (bytes: number): void => {
      this.#bytesRead += bytes;
    };
    if (input.format === "parquet") return this.#parquetRows(input, onRead);
    const chunks = readBytes(input, stdin, this.#closing.signal, onRead);
    const pieces = this.#withEnds(wholeLines(chunks, input.name));
    if (input.format === "ndjson") return readNdjson(pieces, input.name, input.action);
    const delimiter = input.format === "csv" ? "," : "\t";
    return readCsv(pieces, input.name, delimiter, table, input.action);
  }

  /** A Parquet file has no text to be hashed: it is recognised by its size and time of change, its rows by their number. */
  async *#parquetRows(input: Input, onRead: (bytes: number) => void): AsyncGenerator<Rows> {
    let line = 1;
    for await (const rows of readParquet(input, this.#options.table, this.#closing.signal, onRead)) {
      const bytes = Buffer.from(`${rows.length} rows of ${input.path}\n`);
      const marked = this.#fingerprint === undefined ? [] : [...this.#fingerprint.mark({ bytes, line })];
      yield { rows, end: marked.at(-1)?.end };
      line += rows.length;
    }
  }

  async *#withEnds(pieces: AsyncIterable<Lines>): AsyncGenerator<Lines> {
    for await (const lines of pieces) {
      if (this.#fingerprint === undefined) yield lines;
      else yield* this.#fingerprint.mark(lines);
    }
  }
}

function changed(input: Input | undefined): UsageError {
  return new UsageError(`${input?.name}: has changed since the checkpoint was written; ${RESTART_HINT}`);
}

/** The promise's value, or `undefined` as soon as the signal is aborted. */
function unlessAborted<T>(
  promise: T | Promise<T> | undefined,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener("abort", onAbort));
  });
}
