import { hash32 } from "../hash.ts";

/**
 * What a record says of its id in place of a hash of attributes. The lower half of such a hash is 0, which no hash of
 * attributes has.
 */
export const MARK = {
  /** Sent without a 202, or left of a run that was cut off: the audience may have it or not. */
  unsure: 1,
  /** Only invalid records of the source have the id: it stays as it was. */
  invalid: 2,
  /** The API refused its action: it is as it was. */
  refused: 3,
} as const;
export type Mark = (typeof MARK)[keyof typeof MARK];

/** 64-bit hash of the attributes and 32-bit hash of the id. */
const HASHES = 12;
const SEEDS = { id: 0, low: 1, high: 2 };
/** A varint of 32 bits has at most so many bytes. */
const MAX_VARINT = 5;
const ENCODER = new TextEncoder();

/**
 * Reads records one after the other: 64-bit hash of the attributes, 32-bit hash of the id, lengths of id and attributes, id,
 * attributes. Both are the JSON that is sent: the id without its quotes, so that a half of a surrogate pair stays what it is.
 */
export class RecordCursor {
  bytes: Uint8Array;
  start = 0;
  end = 0;
  low = 0;
  high = 0;
  idHash = 0;
  idFrom = 0;
  attributesFrom = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Moves to the next record. False after the last one. */
  next(): boolean {
    if (this.end >= this.bytes.length) return false;
    this.moveTo(this.end);
    return true;
  }

  moveTo(start: number): this {
    this.start = start;
    this.low = this.#word(start);
    this.high = this.#word(start + 4);
    this.idHash = this.#word(start + 8);
    this.end = start + HASHES;
    const idLength = this.#varint();
    const attributesLength = this.#varint();
    this.idFrom = this.end;
    this.attributesFrom = this.end + idLength;
    this.end = this.attributesFrom + attributesLength;
    return this;
  }

  is(mark: Mark): boolean {
    return this.low === 0 && this.high === mark;
  }

  hasAttributesOf(other: RecordCursor): boolean {
    return this.low === other.low && this.high === other.high;
  }

  hasIdOf(other: RecordCursor): boolean {
    const length = this.attributesFrom - this.idFrom;
    if (this.idHash !== other.idHash || other.attributesFrom - other.idFrom !== length) return false;
    for (let at = 0; at < length; at++) {
      if (this.bytes[this.idFrom + at] !== other.bytes[other.idFrom + at]) return false;
    }
    return true;
  }

  #word(at: number): number {
    const { bytes } = this;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.end++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}

const NOTHING = new Uint8Array();

/** Records, written one after the other. */
export class RecordBuffer {
  /** Most of them stay empty. */
  #bytes = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Writes a record as it is. */
  copy(record: RecordCursor): void {
    this.#write(record, record.low, record.high, record.end);
  }

  /** Writes it without its attributes, which a snapshot needs only the hash of. */
  copyWithoutAttributes(record: RecordCursor): void {
    this.#write(record, record.low, record.high, record.attributesFrom);
  }

  copyMarked(record: RecordCursor, mark: Mark): void {
    this.#write(record, 0, mark, record.attributesFrom);
  }

  #write(record: RecordCursor, low: number, high: number, end: number): void {
    const { bytes, idFrom, attributesFrom } = record;
    this.#reserve(HASHES + 2 * MAX_VARINT + end - idFrom);
    this.#word(low);
    this.#word(high);
    this.#word(record.idHash);
    this.#varint(attributesFrom - idFrom);
    this.#varint(end - attributesFrom);
    this.append(bytes, idFrom, end);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + bytes));
    larger.set(this.written);
    this.#bytes = larger;
  }

  append(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.#reserve(to - from);
    // A loop is faster than `set` for a few bytes.
    if (to - from > 64) {
      this.#bytes.set(bytes.subarray(from, to), this.#length);
      this.#length += to - from;
    } else for (let at = from; at < to; at++) this.#bytes[this.#length++] = bytes[at]!;
  }

  #word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = value >>> shift;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = rest | 0x80;
    this.#bytes[this.#length++] = rest;
  }
}

/** Makes records from text, in memory that is used again for the next one. */
export class RecordMaker {
  #bytes = new Uint8Array(1024);
  readonly #record = new RecordCursor(this.#bytes);

  /** `attributes` is their JSON; empty for none. Valid until the next call. */
  make(id: string, attributes: string): RecordCursor {
    const record = this.#place(id, attributes);
    record.low = 0;
    record.high = 0;
    hashAttributes(record);
    record.low ||= 1;
    return record;
  }

  mark(id: string, mark: Mark): RecordCursor {
    const record = this.#place(id, "");
    record.low = 0;
    record.high = mark;
    return record;
  }

  #place(id: string, attributes: string): RecordCursor {
    // A character has at most 3 bytes for each UTF-16 unit.
    const room = 3 * (id.length + attributes.length);
    if (room > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * room);
      this.#record.bytes = this.#bytes;
    }
    const record = this.#record;
    record.idFrom = 0;
    record.attributesFrom = this.#text(id, 0);
    record.end = this.#text(attributes, record.attributesFrom);
    record.idHash = hash32(this.#bytes, 0, record.attributesFrom, SEEDS.id);
    return record;
  }

  /** Where the text ends. */
  #text(text: string, from: number): number {
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return from + ENCODER.encodeInto(text, bytes.subarray(from)).written;
      bytes[from + at] = unit;
    }
    return from + text.length;
  }
}

const CODES = { comma: 0x2c, quote: 0x22, backslash: 0x5c };

/** The sum of the hashes of all attributes, each with its name: their order does not count. */
function hashAttributes(record: RecordCursor): void {
  const { bytes } = record;
  const last = record.end - 1;
  let from = record.attributesFrom + 1;
  let isText = false;
  for (let at = from; at <= last; at++) {
    const byte = bytes[at];
    if (isText && byte === CODES.backslash) at++;
    else if (byte === CODES.quote) isText = !isText;
    else if (at === last || (byte === CODES.comma && !isText)) {
      record.low = (record.low + hash32(bytes, from, at, SEEDS.low)) >>> 0;
      record.high = (record.high + hash32(bytes, from, at, SEEDS.high)) >>> 0;
      from = at + 1;
    }
  }
}
