import { enlarged } from "./enlarged.ts";

/** Ids there is room for at first: a power of two, as every room and table that follows. */
const ROOM = 1024;
/** Entries for each of them: with half of the table free, a search is short. */
const SPARENESS = 2;

/**
 * What a `Map` from ids to slots does, in memory that no garbage collector has to look through. For the million ids of a
 * window, a `Map` takes longer and makes V8 let its heap grow by hundreds of megabytes: docs/decisions/0007-id-map.md.
 */
export class IdMap {
  /** An entry for each id, at its hash or behind it: the hash, and the id's number counted from 1; with 0 it is free. */
  #table = new Int32Array(2 * SPARENESS * ROOM);
  /** The ids by their numbers, one after the other, and behind the last one the one that is looked up. */
  #bytes = new Uint8Array(16 * ROOM);
  /** Where in them each id ends: that of number 0 at the very start, and the one behind the last has an end as well. */
  #ends = new Float64Array(ROOM + 2);
  #slots = new Uint32Array(ROOM);
  #size = 0;
  /** Drawn for each window, so that nobody can make up ids that share a place. An even factor would lose bits. */
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  readonly #factor = (Math.random() * 2 ** 32) | 1;

  get size(): number {
    return this.#size;
  }

  /** The slot of each id, in the order in which the ids came. May be written to, until there is another id. */
  get slots(): Uint32Array {
    return this.#slots.subarray(0, this.#size);
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

  /** Where in the table the id is, or is to be: there it leaves its hash. */
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
   * Puts the id behind the last one, and gives its hash. Each UTF-16 unit takes a byte for every 7 of its bits, and the top
   * bit says that there are more: no two ids have the same bytes.
   */
  #write(id: string): number {
    let end = this.#ends[this.#size]!;
    const most = end + 3 * id.length;
    if (most > this.#bytes.length) this.#bytes = enlarged(this.#bytes, 2 * most);
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

  /** Whether the id of this number is the one behind the last. */
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
