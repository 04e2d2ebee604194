import type { AddAction, Attributes, AudienceAction, RemoveAction } from "../../src/actions/action.ts";
import { integer, pick, type Random } from "./random.ts";

export const add = (id: string): AddAction => ({ action: "add", id });

export const addWith = (id: string, attributes: Attributes): AddAction => ({ action: "add", id, attributes });

export const remove = (id: string): RemoveAction => ({ action: "remove", id });

/** `count` adds of ids `0`, `1`, … */
export const adds = (count: number, start = 0): AddAction[] =>
  Array.from({ length: count }, (_, index) => add(`${start + index}`));

/** Adds of a few ids in turn. A window that has room for all but one of them shares ids with the one before. */
export const addsInTurn = (count: number, ids: number): AddAction[] =>
  Array.from({ length: count }, (_, index) => add(`${index % ids}`));

/** Seeded actions over a few ids, so that most of them supersede another. `n` tells the actions apart. */
export function randomActions(random: Random, count: number, ids: number): AudienceAction[] {
  return [...drawActions(random, count, ids)];
}

/** The same, one by one. */
export function* drawActions(random: Random, count: number, ids: number): Generator<AudienceAction> {
  for (let n = 0; n < count; n++) {
    const id = `id-${integer(random, ids - 1)}`;
    if (random() < 0.35) {
      yield remove(id);
      continue;
    }
    const more = pick<Attributes>(random, [
      {},
      { joined: new Date(n * 1e9) },
      { site: new URL(`https://a.b/${n}`) },
    ]);
    yield addWith(id, { n, ...more });
  }
}
