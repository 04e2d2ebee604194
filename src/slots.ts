/** Texts are kept in blocks of this many: the collector copies a few long strings faster than many short ones. */
const BLOCK = 256;
const GONE = -1;

/** A run of slots, from the first up to but not including the second. */
export interface Range {
  from: number;
  to: number;
}

/** A list of JSON texts that is appended to, gets gaps, and gives out what is left of a range as one text. */
export class Slots {
  /** Texts of full blocks, joined by commas; those of the last one apart. */
  readonly #blocks: string[] = [];
  #tail: string[] = [];
  #tailLength = 0;
  /** Of each slot: where in its block it begins, its length in UTF-8, and its record or GONE. */
  readonly #offsets: number[] = [];
  readonly #bytes: number[] = [];
  readonly #records: number[] = [];

  /** Slots in use, gaps included. */
  get length(): number {
    return this.#records.length;
  }

  /** Puts the text at the end, and tells the slot it has. */
  append(json: string, bytes: number, record: number): number {
    this.#offsets.push(this.#tailLength);
    this.#bytes.push(bytes);
    this.#records.push(record);
    this.#tailLength += json.length + 1;
    if (this.#tail.push(json) === BLOCK) {
      this.#blocks.push(this.#tail.join(","));
      this.#tail = [];
      this.#tailLength = 0;
    }
    return this.#records.length - 1;
  }

  remove(slot: number): void {
    this.#records[slot] = GONE;
  }

  has(slot: number): boolean {
    return this.#records[slot] !== GONE;
  }

  recordAt(slot: number): number {
    return this.#records[slot]!;
  }

  bytesAt(slot: number): number {
    return this.#bytes[slot]!;
  }

  /** What is left of a range, comma-separated. Neighbours in a block are cut out together. */
  text({ from, to }: Range): string {
    const runs: string[] = [];
    let slot = from;
    while (slot < to) {
      const first = slot;
      const blockEnd = Math.min(to, first - (first % BLOCK) + BLOCK);
      while (slot < blockEnd && this.has(slot)) slot++;
      if (slot > first) runs.push(this.#run(first, slot));
      else slot++;
    }
    return runs.join(",");
  }

  #run(from: number, to: number): string {
    const block = this.#blocks[Math.floor(from / BLOCK)];
    if (block === undefined) return this.#tail.slice(from % BLOCK, (from % BLOCK) + to - from).join(",");
    return block.slice(this.#offsets[from], to % BLOCK === 0 ? undefined : this.#offsets[to]! - 1);
  }
}
