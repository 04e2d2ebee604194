import { RecordCursor } from "./record.ts";

/** Finds the records of a partition by their ids. */
export class RecordTable {
  readonly #record: RecordCursor;
  /** Where each record begins, plus 1, at the place of its hash or after it. 0 is free. */
  readonly #starts: Uint32Array;
  readonly #isTaken: Uint8Array;
  readonly #mask: number;

  /** Of two records with one id, the later one counts, or the one that `isBetter` says. */
  constructor(
    bytes: Uint8Array,
    isBetter: (later: RecordCursor, earlier: RecordCursor) => boolean = () => true,
  ) {
    const records = countRecords(bytes);
    const room = 2 ** Math.ceil(Math.log2(2 * records + 1));
    this.#mask = room - 1;
    this.#starts = new Uint32Array(room);
    this.#isTaken = new Uint8Array(room);
    this.#record = new RecordCursor(bytes);
    const record = new RecordCursor(bytes);
    while (record.next()) {
      const place = this.#placeOf(record);
      const isNew = this.#starts[place] === 0;
      if (isNew || isBetter(record, this.#record)) this.#starts[place] = record.start + 1;
    }
  }

  /** The record with the id, if there is one: valid until the next call. */
  find(record: RecordCursor): RecordCursor | undefined {
    return this.#starts[this.#placeOf(record)] === 0 ? undefined : this.#record;
  }

  /** The same, which is then not among the rest. */
  take(record: RecordCursor): RecordCursor | undefined {
    const place = this.#placeOf(record);
    if (this.#starts[place] === 0) return undefined;
    this.#isTaken[place] = 1;
    return this.#record;
  }

  /** The records that were not taken. Each is valid until the next one. */
  *rest(): Generator<RecordCursor> {
    for (let place = 0; place <= this.#mask; place++) {
      const start = this.#starts[place]!;
      if (start > 0 && this.#isTaken[place] === 0) yield this.#record.moveTo(start - 1);
    }
  }

  /** Where the record is or will be. If it is there, `#record` is it. */
  #placeOf(record: RecordCursor): number {
    // The upper bits have chosen the partition.
    for (let place = record.idHash & this.#mask; ; place = (place + 1) & this.#mask) {
      const start = this.#starts[place]!;
      if (start === 0 || this.#record.moveTo(start - 1).hasIdOf(record)) return place;
    }
  }
}

function countRecords(bytes: Uint8Array): number {
  const record = new RecordCursor(bytes);
  let count = 0;
  while (record.next()) count++;
  return count;
}
