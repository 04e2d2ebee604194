// Decides whether something has grown over a soak. Pure.

import { median } from "../../scripts/bench/statistics.ts";

/** How much more there may be in the last third than in the first: a share of it, and an amount. */
export interface Allowed {
  share: number;
  amount: number;
}

export interface Growth {
  first: number;
  last: number;
  /** The most that `last` may be. */
  most: number;
  hasGrown: boolean;
}

/** What is loaded, compiled and opened once is no leak: this share of the samples is left out. */
const WARM_UP = 0.1;

/** Compares the median of the last third with that of the first, after the warm-up. */
export function growthOf(values: readonly number[], { share, amount }: Allowed): Growth {
  const warm = values.slice(Math.ceil(values.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  if (third === 0) throw new RangeError(`Expected at least 4 samples, got ${values.length}`);
  const first = median(warm.slice(0, third));
  const last = median(warm.slice(-third));
  const most = first * (1 + share) + amount;
  return { first, last, most, hasGrown: last > most };
}
