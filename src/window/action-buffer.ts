import type { AudienceAction } from "../actions/action.ts";
import { enlarged } from "./enlarged.ts";

/** Texts are kept in blocks of this many: the collector copies a few long strings faster than many short ones. */
const BLOCK = 256;
const GONE = -1;

/** A run of slots, from the first up to but not including the second. */
export interface Range {
  from: number;
  to: number;
}

/** Actions in a row, each in a slot that it leaves for good, and the text of any range of them. */
export class Slots {
  /** Texts of full blocks, joined by commas; those of the last one apart. */
  readonly #blocks: string[] = [];
  #tail: string[] = [];
  #tailLength = 0;
  /** Of each slot: where in its block it begins, its length in UTF-8, and its record or GONE. */
  #offsets = new Uint32Array(BLOCK);
  #bytes = new Uint32Array(BLOCK);
  #records = new Float64Array(BLOCK);
  #length = 0;
  #size = 0;
  /** Everything before this slot is gone. */
  #first = 0;

  /** How many slots there are, gaps included. */
  get length(): number {
    return this.#length;
  }

  /** How many actions are left. */
  get size(): number {
    return this.#size;
  }

  /** Puts the action at the end, and tells the slot it has. */
  append(json: string, bytes: number, record: number): number {
    const slot = this.#length++;
    if (slot === this.#records.length) this.#grow();
    this.#offsets[slot] = this.#tailLength;
    this.#bytes[slot] = bytes;
    this.#records[slot] = record;
    this.#size++;
    this.#tailLength += json.length + 1;
    if (this.#tail.push(json) === BLOCK) {
      this.#blocks.push(this.#tail.join(","));
      this.#tail = [];
      this.#tailLength = 0;
    }
    return slot;
  }

  #grow(): void {
    this.#offsets = enlarged(this.#offsets, 2 * this.#offsets.length);
    this.#bytes = enlarged(this.#bytes, 2 * this.#bytes.length);
    this.#records = enlarged(this.#records, 2 * this.#records.length);
  }

  /** Only these slots are left. */
  keep(slots: Iterable<number>): void {
    const kept = new Uint8Array(this.length);
    for (const slot of slots) kept[slot] = 1;
    kept.forEach((isKept, slot) => {
      if (isKept === 0) this.#leave(slot);
    });
  }

  /** The actions of a range are accounted for: they leave. */
  settle({ from, to }: Range): void {
    for (let slot = from; slot < to; slot++) this.#leave(slot);
  }

  #leave(slot: number): void {
    if (!this.has(slot)) return;
    this.#records[slot] = GONE;
    this.#size--;
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

  /** Record of the first action that is left. */
  get firstRecord(): number | undefined {
    while (this.#first < this.length && !this.has(this.#first)) this.#first++;
    return this.#first < this.length ? this.recordAt(this.#first) : undefined;
  }

  /** What is left of a range, read back from what is sent. */
  actions(range: Range = { from: 0, to: this.length }): AudienceAction[] {
    return JSON.parse(`[${this.text(range)}]`) as AudienceAction[];
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
