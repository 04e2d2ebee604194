import type { AudienceAction } from "../actions/action.ts";

/** What gives actions again each time it is asked: it holds them as they were serialised. */
interface Held {
  readonly size: number;
  actions(): Iterable<AudienceAction>;
}

/** Actions in order, read back one block at a time as they are iterated. Made to be passed to `update`. */
export class UndeliveredActions implements Iterable<AudienceAction> {
  readonly #held: readonly Held[];
  /** Ids that a later update of the audience has settled, among those in here. */
  readonly #settledLater = new Set<string>();

  constructor(held: readonly Held[]) {
    this.#held = held;
  }

  get length(): number {
    return this.#held.reduce((sum, { size }) => sum + size, 0) - this.#settledLater.size;
  }

  *[Symbol.iterator](): Generator<AudienceAction> {
    for (const held of this.#held) {
      for (const action of held.actions()) if (!this.#settledLater.has(action.id)) yield action;
    }
  }

  /** For `JSON.stringify`. */
  toJSON(): AudienceAction[] {
    return [...this];
  }
}
