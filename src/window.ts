import type { AudienceAction, EncodedAction } from "./action.ts";
import { type Range, Slots } from "./slots.ts";

/** Gaps that repeats leave are closed once they outnumber what is left; a few are not worth it. */
const GAPS_TOLERATED = 1024;

/**
 * The last action of each id, in the order in which those last actions came. Each has a slot; an action that supersedes
 * another leaves a gap in its place, and so does one that is accounted for once the window is sealed.
 */
export class Window {
  /** Record at which it begins: an index in the source. */
  readonly start: number;
  readonly #slotOf = new Map<string, number>();
  #slots = new Slots();
  #size = 0;
  /** Everything before this slot is gone. */
  #first = 0;

  constructor(start: number) {
    this.start = start;
  }

  /** How many actions it holds. */
  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#slotOf.has(id);
  }

  /** True if the action supersedes one of the same id. */
  add({ id, json, bytes }: EncodedAction, record: number): boolean {
    const superseded = this.#slotOf.get(id);
    if (superseded === undefined) this.#size++;
    else this.#slots.remove(superseded);
    this.#slotOf.set(id, this.#slots.append(json, bytes, record));
    if (this.#slots.length > 2 * this.#size + GAPS_TOLERATED) this.#closeGaps();
    return superseded !== undefined;
  }

  /** Nothing more is added: lets the index of ids go, which is half of the memory. */
  seal(): Slots {
    this.#slotOf.clear();
    return this.#slots;
  }

  /** The actions of a range are accounted for: they leave the window. */
  settle({ from, to }: Range): void {
    for (let slot = from; slot < to; slot++) {
      if (!this.#slots.has(slot)) continue;
      this.#slots.remove(slot);
      this.#size--;
    }
  }

  /** Record of the first action it holds. */
  get firstRecord(): number | undefined {
    while (this.#first < this.#slots.length && !this.#slots.has(this.#first)) this.#first++;
    return this.#first < this.#slots.length ? this.#slots.recordAt(this.#first) : undefined;
  }

  /** What it holds of a range, read back from what is sent. */
  actions(range: Range = { from: 0, to: this.#slots.length }): AudienceAction[] {
    return JSON.parse(`[${this.#slots.text(range)}]`) as AudienceAction[];
  }

  #closeGaps(): void {
    const packed = new Slots();
    const movedTo = new Uint32Array(this.#slots.length);
    for (let slot = 0; slot < movedTo.length; slot++) {
      if (!this.#slots.has(slot)) continue;
      const json = this.#slots.text({ from: slot, to: slot + 1 });
      movedTo[slot] = packed.append(json, this.#slots.bytesAt(slot), this.#slots.recordAt(slot));
    }
    for (const [id, slot] of this.#slotOf) this.#slotOf.set(id, movedTo[slot]!);
    this.#slots = packed;
  }
}
