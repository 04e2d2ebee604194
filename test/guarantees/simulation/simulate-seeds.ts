// Many seeds of the simulation, one after the other. Goes on after one that is wrong, and says how to run it again.

import { twice } from "./simulate.ts";

/** Says so often how far it is. */
const SEEDS_PER_LINE = 500;

/** Whether all of them are as they must be. */
export async function simulateSeeds(from: number, seeds: number): Promise<boolean> {
  const since = performance.now();
  const all = new Map<string, number>();
  let wrong = 0;
  for (let done = 1; done <= seeds; done++) {
    const seed = from + done - 1;
    const problems = await problemsOf(seed, all);
    if (problems.length > 0) {
      wrong++;
      console.error(`Seed ${seed}:\n  ${problems.join("\n  ")}\nnpm run soak -- --seeds 1 --from ${seed}`);
    }
    if (done % SEEDS_PER_LINE > 0 && done < seeds) continue;
    const seconds = (performance.now() - since) / 1000;
    console.log(`${done} seeds from ${from} on, each twice, in ${seconds.toFixed(0)} s: ${wrong} wrong.`);
  }
  const met = [...all].sort(([one], [other]) => (one < other ? -1 : 1));
  console.log(`They met:\n  ${met.map(([what, times]) => `${what}: ${times}`).join("\n  ")}`);
  return wrong === 0;
}

/** Adds what it met to `all`. */
async function problemsOf(seed: number, all: Map<string, number>): Promise<string[]> {
  try {
    const { wrong, met } = await twice(seed);
    for (const [what, times] of met) all.set(what, (all.get(what) ?? 0) + times);
    return wrong;
  } catch (error) {
    return [String(error)];
  }
}
