import type { AudienceAction } from "../index.ts";
import { readCsv } from "./csv.ts";
import { UsageError } from "./errors.ts";
import { type Input, readBytes } from "./input.ts";
import { type Lines, wholeLines } from "./lines.ts";
import { readNdjson } from "./ndjson.ts";
import type { Row } from "./rows.ts";
import type { Trail } from "./trail.ts";

/** A record and where it is. */
export interface Located {
  row: Row;
  /** Position in all inputs, from 0: the library's index. */
  index: number;
  input: Input;
}

/** Reads the inputs one after the other, as far as somebody asks for more. */
export class Reader {
  /** As they stand on the disk or come from the pipe. */
  bytesRead = 0;
  /** Handed out so far. */
  records = 0;
  hasEnded = false;
  /** The record that was handed out last, until the next one is asked for. */
  current: Located | undefined;
  readonly inputs: readonly Input[];
  readonly #idColumn: string;
  readonly #trail: Trail | undefined;
  readonly #rows: AsyncGenerator<Located>;
  #asked: Promise<IteratorResult<Located>> | undefined;

  constructor(inputs: readonly Input[], idColumn: string, trail: Trail | undefined) {
    this.inputs = inputs;
    this.#idColumn = idColumn;
    this.#trail = trail;
    this.#rows = this.#read();
  }

  /** Bytes of all inputs, where that is known. */
  get size(): number | undefined {
    return this.inputs.reduce<number | undefined>(
      (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    );
  }

  /** For the library, which checks what each record is. It cannot be closed by it: see `rest`. */
  get actions(): AsyncIterable<AudienceAction> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const { done, value } = await this.#next();
          if (done) return { done, value: undefined };
          return { done: false, value: value.row.action as AudienceAction };
        },
      }),
    };
  }

  /** The records from an index on, which the library did not take: at most one of them has been handed out. */
  async *rest(from: number): AsyncGenerator<Located> {
    const asked = await this.#asked;
    if (asked?.done === false && asked.value.index >= from) yield asked.value;
    for (;;) {
      const { done, value } = await this.#next();
      if (done) return;
      if (value.index >= from) yield value;
    }
  }

  #next(): Promise<IteratorResult<Located>> {
    this.#asked = this.#rows.next();
    return this.#asked;
  }

  async *#read(): AsyncGenerator<Located> {
    for (const input of this.inputs) {
      for await (const rows of this.#rowsOf(input)) {
        if (this.#trail?.mark(rows.length) === false) throw changed(input);
        for (const row of rows) {
          this.current = { row, index: this.records++, input };
          yield this.current;
          this.current = undefined;
        }
      }
    }
    if (this.#trail?.isMet === false) throw changed(this.inputs.at(-1));
    this.hasEnded = true;
  }

  #rowsOf(input: Input): AsyncGenerator<Row[]> {
    const chunks = readBytes(input, (bytes) => {
      this.bytesRead += bytes;
    });
    const pieces = this.#tracked(wholeLines(chunks, input.name), input);
    const options = { idColumn: this.#idColumn, action: input.action };
    if (input.format === "ndjson") return readNdjson(pieces, input.action);
    return readCsv(pieces, input.name, input.format === "csv" ? "," : "\t", options);
  }

  async *#tracked(pieces: AsyncIterable<Lines>, input: Input): AsyncGenerator<Lines> {
    for await (const lines of pieces) {
      if (this.#trail?.read(lines.bytes) === false) throw changed(input);
      yield lines;
    }
  }
}

function changed(input: Input | undefined): UsageError {
  return new UsageError(`${input?.name}: has changed since the checkpoint was written; ${ANEW}`);
}

/** What to do where a checkpoint does not fit. */
export const ANEW = "delete the checkpoint to begin anew";
