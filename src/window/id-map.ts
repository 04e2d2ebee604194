import { enlarged } from "./enlarged.ts";

/** Room for so many ids at least. Each size is a power of two. */
const MIN_ROOM = 64;
/** Table entries per id. Half of the table is free, so searches are short. */
const SPARENESS = 2;

/** Drawn for each process. An even factor would lose bits. */
const randomWord = (): number => (Math.random() * 2 ** 32) | 0;
const HIGH = { seed: randomWord(), factor: randomWord() | 1 };
const LOW = { seed: randomWord(), factor: randomWord() | 1 };

/**
 * What a `Map` from ids to slots does, in memory that no garbage collector has to look through. For the million ids of a
 * window, a `Map` takes longer and makes V8 let its heap grow by hundreds of megabytes: docs/decisions/0007-id-map.md.
 */
export class IdMap {
  /**
   * Entries of two numbers: an id's hash and its number, from 1. Number 0 means free. An entry is at the place of its
   * hash or after it.
   */
  #table: Int32Array;
  /** The bytes of all ids, in the order of their numbers. The id that is looked up is written after the last. */
  #bytes: Uint8Array;
  /** Where each id ends in `#bytes`, by its number. Number 0 ends at 0. */
  #ends: Float64Array;
  #slots: Uint32Array;
  #size = 0;
  /** Drawn for each window, so that nobody can choose ids that collide. An even factor would lose bits. */
  readonly #seed = randomWord();
  readonly #factor = randomWord() | 1;

  /** It grows beyond `ids`, the number that is expected. */
  constructor(ids = 0) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(MIN_ROOM, ids)));
    this.#table = new Int32Array(2 * SPARENESS * room);
    this.#bytes = new Uint8Array(16 * room);
    this.#ends = new Float64Array(room + 2);
    this.#slots = new Uint32Array(room);
  }

  get size(): number {
    return this.#size;
  }

  /** The slot of each id, in the order in which the ids came. You may write to it until the next `set`. */
  get slots(): Uint32Array {
    return this.#slots.subarray(0, this.#size);
  }

  /** A whole number below 2^45 for each id, in the order in which the ids came. In a process, an id always has the same. */
  hashes(): Float64Array {
    const hashes = new Float64Array(this.#size);
    const bytes = this.#bytes;
    for (let id = 0, at = 0; id < hashes.length; id++) {
      const end = this.#ends[id + 1]!;
      let [high, low] = [HIGH.seed, LOW.seed];
      for (; at < end; at++) {
        high = Math.imul(high ^ bytes[at]!, HIGH.factor);
        high ^= high >>> 15;
        low = Math.imul(low ^ bytes[at]!, LOW.factor);
        low ^= low >>> 15;
      }
      hashes[id] = (high >>> 0) * 2 ** 13 + (low >>> 19);
    }
    return hashes;
  }

  has(id: string): boolean {
    return this.#table[this.#find(id) + 1] !== 0;
  }

  set(id: string, slot: number): void {
    if (this.#size === this.#slots.length) this.#grow();
    const place = this.#find(id);
    if (this.#table[place + 1] === 0) this.#table[place + 1] = ++this.#size;
    this.#slots[this.#table[place + 1]! - 1] = slot;
  }

  /** The place of the id in the table: where it is, or where it will be. Writes the hash there. */
  #find(id: string): number {
    const hash = this.#write(id);
    const table = this.#table;
    const mask = table.length - 2;
    let place = (hash << 1) & mask;
    for (;;) {
      const number = table[place + 1]!;
      if (number === 0 || (table[place] === hash && this.#isWritten(number))) break;
      place = (place + 2) & mask;
    }
    table[place] = hash;
    return place;
  }

  /**
   * Writes the id after the last one, and returns its hash. A UTF-16 unit is written 7 bits to a byte; the top bit says
   * that more follow. So no two ids have the same bytes.
   */
  #write(id: string): number {
    let end = this.#ends[this.#size]!;
    const maxEnd = end + 3 * id.length;
    if (maxEnd > this.#bytes.length) this.#bytes = enlarged(this.#bytes, 2 * maxEnd);
    const bytes = this.#bytes;
    let hash = this.#seed;
    for (let i = 0; i < id.length; i++) {
      let unit = id.charCodeAt(i);
      hash = Math.imul(hash ^ unit, this.#factor);
      hash ^= hash >>> 15;
      for (; unit > 0x7f; unit >>>= 7) bytes[end++] = unit | 0x80;
      bytes[end++] = unit;
    }
    this.#ends[this.#size + 1] = end;
    return hash;
  }

  /** Whether the id with this number is the one that was just written. */
  #isWritten(number: number): boolean {
    const ends = this.#ends;
    const [start, end] = [ends[number - 1]!, ends[number]!];
    const distance = ends[this.#size]! - start;
    if (ends[this.#size + 1]! - distance !== end) return false;
    const bytes = this.#bytes;
    for (let at = start; at < end; at++) if (bytes[at] !== bytes[at + distance]) return false;
    return true;
  }

  #grow(): void {
    const room = 2 * this.#slots.length;
    const former = this.#table;
    const table = new Int32Array(2 * SPARENESS * room);
    const mask = table.length - 2;
    for (let entry = 0; entry < former.length; entry += 2) {
      if (former[entry + 1] === 0) continue;
      let place = (former[entry]! << 1) & mask;
      while (table[place + 1] !== 0) place = (place + 2) & mask;
      table[place] = former[entry]!;
      table[place + 1] = former[entry + 1]!;
    }
    this.#ends = enlarged(this.#ends, room + 2);
    this.#slots = enlarged(this.#slots, room);
    this.#table = table;
  }
}
