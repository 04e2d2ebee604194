import { createRandom, type Random } from "../../src/testing/index.ts";

export { createRandom, type Random };

/** An integer from 0 to `max`, both included. */
export const integer = (random: Random, max: number): number => Math.floor(random() * (max + 1));

export const pick = <T>(random: Random, from: readonly [T, ...T[]]): T =>
  from[integer(random, from.length - 1)] ?? from[0];
