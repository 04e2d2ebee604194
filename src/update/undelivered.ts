import type { AudienceAction } from "../actions/action.ts";

/** Serialised actions, which can be read back any number of times. */
interface Held {
  readonly size: number;
  actions(): Iterable<AudienceAction>;
}

/** Actions in order, read back one block at a time as they are iterated. Made to be passed to `update`. */
export class UndeliveredActions implements Iterable<AudienceAction> {
  readonly #held: readonly Held[];
  /** How many actions there are for each id; counted when first needed. */
  #actionsOf: Map<string, number> | undefined;
  readonly #leftOut = new Set<string>();
  #length: number;

  constructor(held: readonly Held[]) {
    this.#held = held;
    this.#length = held.reduce((sum, { size }) => sum + size, 0);
  }

  get length(): number {
    return this.#length;
  }

  *[Symbol.iterator](): Generator<AudienceAction> {
    for (const held of this.#held) {
      for (const action of held.actions()) if (!this.#leftOut.has(action.id)) yield action;
    }
  }

  /** For `JSON.stringify`. */
  toJSON(): AudienceAction[] {
    return [...this];
  }

  /**
   * An update that was called later has delivered newer actions for these ids.
   * @internal
   */
  leaveOut(ids: readonly string[]): void {
    if (this.#actionsOf === undefined) {
      this.#actionsOf = new Map();
      for (const { id } of this) this.#actionsOf.set(id, (this.#actionsOf.get(id) ?? 0) + 1);
    }
    for (const id of ids) {
      this.#length -= this.#actionsOf.get(id) ?? 0;
      if (this.#actionsOf.delete(id)) this.#leftOut.add(id);
    }
  }
}
