/** Parts of a window that a sketch tells apart. */
const PARTS = 256;

/** What a sketch is made of, and made in: a whole number below 2^45 for each id, its slot, and how many slots there are. */
export interface IdHashes {
  hashes: Float64Array;
  slots: Uint32Array;
  length: number;
}

/** Slots of a window, from `from` up to, not including, `to`. */
interface SlotRange {
  from: number;
  to: number;
}

/** The ids of a request: those of a range of slots of the window that the sketch is of. */
export interface SketchedIds extends SlotRange {
  sketch: IdSketch;
}

/**
 * Which ids a window has, in 8 bytes for each. Windows that share no id may seem to, for two windows of a million ids in one of
 * 35 cases. That costs a poll. Windows that share an id always seem to.
 */
export class IdSketch {
  /** Of each id: its hash and, in the lowest 8 bits, the part of the window that has its slot. */
  #entries: Float64Array | undefined;
  #isSorted = false;
  /** From a slot to its part. */
  readonly #shift: number;

  constructor({ hashes, slots, length }: IdHashes) {
    const bits = 32 - Math.clz32(Math.max(0, length - 1));
    this.#shift = Math.max(0, bits - Math.log2(PARTS));
    for (let id = 0; id < hashes.length; id++)
      hashes[id] = hashes[id]! * PARTS + (slots[id]! >>> this.#shift);
    this.#entries = hashes;
  }

  get bytes(): number {
    return this.#entries?.byteLength ?? 0;
  }

  /** From now on it may share an id with every other one. */
  forget(): void {
    this.#entries = undefined;
  }

  /** Compares with another sketch. The result says of a range of slots whether it may have one of the other's ids. */
  compare(other: IdSketch): (range: SlotRange) => boolean {
    const [mine, others] = [this.#sorted, other.#sorted];
    if (mine === undefined || others === undefined) return () => true;
    const isShared = new Uint8Array(PARTS);
    let [at, otherAt] = [0, 0];
    while (at < mine.length && otherAt < others.length) {
      const [hash, otherHash] = [Math.floor(mine[at]! / PARTS), Math.floor(others[otherAt]! / PARTS)];
      if (hash === otherHash) isShared[mine[at++]! % PARTS] = 1;
      else if (hash < otherHash) at = firstFrom(mine, at, otherHash * PARTS);
      else otherAt = firstFrom(others, otherAt, hash * PARTS);
    }
    const shift = this.#shift;
    return ({ from, to }) => isShared.subarray(from >>> shift, ((to - 1) >>> shift) + 1).includes(1);
  }

  /** Sorted when first needed: most runs have one window, which is compared with nothing. */
  get #sorted(): Float64Array | undefined {
    if (!this.#isSorted) this.#entries?.sort();
    this.#isSorted = true;
    return this.#entries;
  }
}

/** Index of the first entry from `start` on that is at least `min`. Steps double, so that a short list passes quickly over a long one. */
function firstFrom(entries: Float64Array, start: number, min: number): number {
  let step = 1;
  while (start + step < entries.length && entries[start + step]! < min) step *= 2;
  let [low, high] = [start + Math.floor(step / 2), Math.min(start + step, entries.length)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (entries[middle]! < min) low = middle + 1;
    else high = middle;
  }
  return low;
}
