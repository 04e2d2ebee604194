import type { EncodedAction } from "../actions/encoder.ts";
import { ActionBuffer } from "./action-buffer.ts";
import { IdMap } from "./id-map.ts";

/** Superseded actions leave gaps. They are closed once there are more gaps than actions, and at least this many. */
const GAPS_TOLERATED = 1024;

/** The last action of each id, in the order in which those last actions came. */
export class Window {
  /** Record at which it begins: an index in the source. */
  readonly start: number;
  /** The slot of each id's last action. Earlier slots of the id are superseded; `retainOnly` removes them. */
  readonly #slotOf: IdMap;
  #buffer = new ActionBuffer();

  /** `expected` is how many ids it may get at most, or less than 1 if that is not known: an index that has to grow takes longer. */
  constructor(start: number, expected = 0) {
    this.start = start;
    this.#slotOf = new IdMap(expected);
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
    // One `set`, not `has` and `set`: the lookup is the dearest step of a large window.
    this.#slotOf.set(id, this.#buffer.append(json, bytes, record));
    if (this.#buffer.length > 2 * this.size + GAPS_TOLERATED) this.#closeGaps();
    return this.size === size;
  }

  /** For each id a hash, which is the same in every window, and the slot of its last action; and how many slots there are. */
  idHashes(): { hashes: Float64Array; slots: Uint32Array; length: number } {
    return { hashes: this.#slotOf.hashes(), slots: this.#slotOf.slots, length: this.#buffer.length };
  }

  /** The actions alone, which need no index of ids. Add nothing afterwards. */
  seal(): ActionBuffer {
    this.#buffer.retainOnly(this.#slotOf.slots);
    return this.#buffer;
  }

  #closeGaps(): void {
    const buffer = this.seal();
    const packed = new ActionBuffer();
    const movedTo = new Uint32Array(buffer.length);
    for (let slot = 0; slot < movedTo.length; slot++) {
      if (!buffer.has(slot)) continue;
      movedTo[slot] = packed.append(buffer.jsonAt(slot), buffer.bytesAt(slot), buffer.recordAt(slot));
    }
    const slotOf = this.#slotOf.slots;
    slotOf.set(slotOf.map((slot) => movedTo[slot]!));
    this.#buffer = packed;
  }
}
