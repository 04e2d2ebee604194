import type { AudienceAction } from "../actions/action.ts";
import { systemRuntime } from "../runtime.ts";
import { IdMap } from "../window/id-map.ts";
import type { HeldActions } from "../window/window-source.ts";

/** So many actions are read from a disk before other work has its turn. */
const ACTIONS_PER_TURN = 256;
/** So many ids that are not held are remembered at least. */
const MAX_FOREIGN = 1000;

/** Actions in order, read back one block at a time as they are iterated. Made to be passed to `update`. */
export class UndeliveredActions implements Iterable<AudienceAction> {
  #held: readonly HeldActions[];
  /** A set of any size: a `Set` throws at 16.7 million. */
  #leftOut = new IdMap();
  /** Not known while actions are left out that were not counted yet. */
  #length: number | undefined;

  constructor(held: readonly HeldActions[]) {
    this.#held = held;
    this.#length = this.#heldSize;
  }

  /** Those that are left out included. */
  get #heldSize(): number {
    return this.#held.reduce((sum, { size }) => sum + size, 0);
  }

  get length(): number {
    if (this.#length === undefined) {
      this.#length = 0;
      for (const _ of this) this.#length++;
    }
    return this.#length;
  }

  *[Symbol.iterator](): Generator<AudienceAction> {
    // All at once: what is on disk may be removed when it is its turn.
    const parts = this.#held.map((held) => held.actions());
    try {
      for (const actions of parts) yield* this.#without(actions);
    } finally {
      for (const actions of parts) actions.return?.();
    }
  }

  *#without(actions: Iterable<AudienceAction>): Generator<AudienceAction> {
    for (const action of actions) if (!this.#leftOut.has(action.id)) yield action;
  }

  /** For `JSON.stringify`. */
  toJSON(): AudienceAction[] {
    return [...this];
  }

  /**
   * A call that was made later has delivered newer actions for these ids. "any": it has replaced or deleted the audience.
   * @internal
   */
  leaveOut(ids: readonly string[] | "any"): void {
    if (ids === "any") this.#held = [];
    else for (const id of ids) this.#leftOut.set(id, 0);
    this.#length = undefined;
    const isLarge = this.#leftOut.size > 2 * this.#heldSize + MAX_FOREIGN;
    if (isLarge && !this.#held.some(({ isOnDisk }) => isOnDisk)) this.#dropForeign();
  }

  /** A later call may deliver any number of ids that are not held here. */
  #dropForeign(): void {
    const own = new IdMap();
    for (const held of this.#held) {
      for (const { id } of held.actions()) if (this.#leftOut.has(id)) own.set(id, 0);
    }
    this.#leftOut = own;
  }
}

/**
 * Undelivered actions of which a part is on disk: there may be more than fit memory, so write no list of them. With `for await`,
 * other work has its turns. An id may have several; the last one counts. They are there until the next run that spills there.
 */
export class SpilledActions extends UndeliveredActions implements AsyncIterable<AudienceAction> {
  /** Where they are. */
  readonly directory: string;

  constructor(held: readonly HeldActions[], directory: string) {
    super(held);
    this.directory = directory;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AudienceAction> {
    let count = 0;
    for (const action of this) {
      yield action;
      if (++count % ACTIONS_PER_TURN === 0) await systemRuntime.yieldToEventLoop();
    }
  }
}

export type Undelivered = UndeliveredActions | SpilledActions;

/** `directory`: where those are that are not in memory. */
export function handBack(
  refused: readonly AudienceAction[],
  rest: readonly HeldActions[],
  directory: string | undefined,
): Undelivered {
  const held = [{ size: refused.length, actions: () => refused.values() }, ...rest];
  return directory === undefined ? new UndeliveredActions(held) : new SpilledActions(held, directory);
}
