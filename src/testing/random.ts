// Seeded randomness: the same seed makes the same decisions again.

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/**
 * A stream of numbers of its own for each combination of seeds. The fake seeds one with each request's number, so that
 * what happens to a request does not depend on how much randomness the earlier ones used up.
 */
export function createRandom(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const seed of seeds) state = scramble(Math.imul(state ^ seed, 0x85ebca6b));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return scramble(state) / 2 ** 32;
  };
}

/** An integer from 0 to `max`, both included. */
export function integer(random: Random, max: number): number {
  return Math.floor(random() * (max + 1));
}

export function pick<T>(random: Random, from: readonly [T, ...T[]]): T {
  return from[integer(random, from.length - 1)] ?? from[0];
}

/** The finishing steps of mulberry32: a small change of the input changes every bit of the output. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
