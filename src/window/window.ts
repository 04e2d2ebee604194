import type { EncodedAction } from "../actions/encoder.ts";
import { Slots } from "./action-buffer.ts";
import { IdMap } from "./id-map.ts";

/** Gaps that repeats leave are closed once they outnumber what is left; a few are not worth it. */
const GAPS_TOLERATED = 1024;

/** The last action of each id, in the order in which those last actions came. */
export class Window {
  /** Record at which it begins: an index in the source. */
  readonly start: number;
  /** Last slot of each id. What was in a former one has been superseded, and leaves with the next `keep`. */
  readonly #slotOf = new IdMap();
  #slots = new Slots();

  constructor(start: number) {
    this.start = start;
  }

  /** How many actions it holds: one for each id. */
  get size(): number {
    return this.#slotOf.size;
  }

  has(id: string): boolean {
    return this.#slotOf.has(id);
  }

  /** True if the action supersedes one of the same id. */
  add({ id, json, bytes }: EncodedAction, record: number): boolean {
    const { size } = this;
    // To look the id up and not only set it would take as long again: in a large window, no step is dearer.
    this.#slotOf.set(id, this.#slots.append(json, bytes, record));
    if (this.#slots.length > 2 * this.size + GAPS_TOLERATED) this.#closeGaps();
    return this.size === size;
  }

  /** The actions without the index of their ids, which is a good part of the memory. Nothing more is added. */
  seal(): Slots {
    this.#slots.keep(this.#slotOf.slots);
    return this.#slots;
  }

  #closeGaps(): void {
    const slots = this.seal();
    const packed = new Slots();
    const movedTo = new Uint32Array(slots.length);
    for (let slot = 0; slot < movedTo.length; slot++) {
      if (!slots.has(slot)) continue;
      const json = slots.text({ from: slot, to: slot + 1 });
      movedTo[slot] = packed.append(json, slots.bytesAt(slot), slots.recordAt(slot));
    }
    const slotOf = this.#slotOf.slots;
    slotOf.set(slotOf.map((slot) => movedTo[slot]!));
    this.#slots = packed;
  }
}
