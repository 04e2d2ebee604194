// Seeded actions over a few ids, so that most of them supersede another.

import type { Attributes, AudienceAction } from "../../src/actions/action.ts";
import { integer, pick, type Random } from "../simulator/random.ts";

/** `n` tells the actions apart. */
export function randomActions(random: Random, count: number, ids: number): AudienceAction[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `id-${integer(random, ids - 1)}`;
    if (random() < 0.35) return { action: "remove", id };
    const more = pick<Attributes>(random, [
      {},
      { joined: new Date(n * 1e9) },
      { site: new URL(`https://a.b/${n}`) },
    ]);
    return { action: "add", id, attributes: { n, ...more } };
  });
}
