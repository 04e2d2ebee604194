import type { AudienceAction } from "../actions/action.ts";
import { enlarged } from "./enlarged.ts";

/** JSON is held in blocks of so many actions: the garbage collector copies few long strings faster than many short ones. */
const BLOCK_ACTIONS = 256;
/** A block has at most so many characters (V8 limits a string to 2^29), unless one action is longer. */
const BLOCK_CHARACTERS = 2 ** 20;
const SLOTS_AT_FIRST = 64;
const GONE = -1;

/** Slots from `from` up to, not including, `to`. */
export interface Range {
  from: number;
  to: number;
}

/** Actions as JSON, each in a slot until it is removed. Gives the text of any range. */
export class ActionBuffer {
  /**
   * The full blocks: JSON joined by commas. `#starts[i]` is the first slot of block i; its last entry is that of the
   * tail.
   */
  readonly #blocks: string[] = [];
  readonly #starts: number[] = [0];
  /** The last block, not joined yet. */
  #tail: string[] = [];
  #tailLength = 0;
  /** Of each slot: where in its block it begins, its length in UTF-8, and its record or GONE. */
  #offsets = new Uint32Array(SLOTS_AT_FIRST);
  #bytes = new Uint32Array(SLOTS_AT_FIRST);
  #records = new Float64Array(SLOTS_AT_FIRST);
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

  /** Puts the action at the end, and returns its slot. Changes nothing if memory runs out. */
  append(json: string, bytes: number, record: number): number {
    const slot = this.#length;
    if (slot === this.#records.length) this.#grow();
    const isFull =
      this.#tail.length === BLOCK_ACTIONS ||
      (this.#tailLength + json.length > BLOCK_CHARACTERS && this.#tail.length > 0);
    if (isFull) this.#closeBlock();
    this.#tail.push(json);
    this.#offsets[slot] = this.#tailLength;
    this.#bytes[slot] = bytes;
    this.#records[slot] = record;
    this.#tailLength += json.length + 1;
    this.#length++;
    this.#size++;
    return slot;
  }

  #closeBlock(): void {
    this.#blocks.push(this.#tail.join(","));
    this.#starts.push(this.#length);
    this.#tail = [];
    this.#tailLength = 0;
  }

  #grow(): void {
    const offsets = enlarged(this.#offsets, 2 * this.#offsets.length);
    const bytes = enlarged(this.#bytes, 2 * this.#bytes.length);
    const records = enlarged(this.#records, 2 * this.#records.length);
    [this.#offsets, this.#bytes, this.#records] = [offsets, bytes, records];
  }

  /** Removes the actions of all other slots. */
  retainOnly(slots: Iterable<number>): void {
    const retained = new Uint8Array(this.length);
    for (const slot of slots) retained[slot] = 1;
    for (let slot = 0; slot < retained.length; slot++) if (retained[slot] === 0) this.#removeAt(slot);
  }

  /** Removes the actions of a range. */
  remove({ from, to }: Range): void {
    for (let slot = from; slot < to; slot++) this.#removeAt(slot);
  }

  #removeAt(slot: number): void {
    if (!this.has(slot)) return;
    this.#records[slot] = GONE;
    this.#size--;
  }

  has(slot: number): boolean {
    return this.#records[slot] !== GONE;
  }

  jsonAt(slot: number): string {
    return this.#cut(this.#blockOf(slot), slot, slot + 1);
  }

  recordAt(slot: number): number {
    return this.#records[slot]!;
  }

  bytesAt(slot: number): number {
    return this.#bytes[slot]!;
  }

  /** The slots of a range whose actions are left. */
  slots({ from, to }: Range): number[] {
    const slots: number[] = [];
    for (let slot = from; slot < to; slot++) if (this.has(slot)) slots.push(slot);
    return slots;
  }

  /** Record of the first action that is left. */
  get firstRecord(): number | undefined {
    while (this.#first < this.length && !this.has(this.#first)) this.#first++;
    return this.#first < this.length ? this.recordAt(this.#first) : undefined;
  }

  /** The actions that are left in a range, parsed one block at a time. */
  *actions(range: Range = { from: 0, to: this.length }): Generator<AudienceAction> {
    for (const text of this.#texts(range)) yield* JSON.parse(`[${text}]`) as AudienceAction[];
  }

  /** The JSON of the actions that are left in a range, joined by commas, between `head` and `foot`. */
  text(range: Range, head = "", foot = ""): string {
    const texts = [...this.#texts(range)];
    // With the text around it in the same `join`, the long string is copied once, not twice.
    texts[0] = head + (texts[0] ?? "");
    texts[texts.length - 1] += foot;
    return texts.join(",");
  }

  /** The same in parts: neighbours in one block are one part. */
  *#texts({ from, to }: Range): Generator<string> {
    let slot = from;
    for (let block = this.#blockOf(from); slot < to; block++) {
      const end = Math.min(to, this.#starts[block + 1] ?? this.#length);
      while (slot < end) {
        const first = slot;
        while (slot < end && this.has(slot)) slot++;
        if (slot > first) yield this.#cut(block, first, slot);
        else slot++;
      }
    }
  }

  /** The last block that begins at the slot or before it. */
  #blockOf(slot: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#starts[middle]! <= slot) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #cut(block: number, from: number, to: number): string {
    const start = this.#starts[block]!;
    const text = this.#blocks[block];
    if (text === undefined) return this.#tail.slice(from - start, to - start).join(",");
    const end = to === this.#starts[block + 1] ? undefined : this.#offsets[to]! - 1;
    return text.slice(this.#offsets[from], end);
  }
}
