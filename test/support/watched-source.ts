import type { AudienceAction } from "../../src/actions/action.ts";

/** A source that tells whether it was closed, and does something before it gives out a record. */
export function watchedSource(actions: AudienceAction[], at: Record<number, () => void> = {}) {
  const rest = actions[Symbol.iterator]();
  let index = 0;
  const state = {
    closed: false,
    next() {
      at[index++]?.();
      return rest.next();
    },
    return() {
      state.closed = true;
      return { done: true as const, value: undefined };
    },
    [Symbol.iterator]: () => state,
  };
  return state;
}
