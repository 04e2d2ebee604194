// Many seeds of the simulation, one after the other. Goes on after one that is wrong, and says how to run it again.

import { problemsOf } from "./simulation.ts";

/** Says so often how far it is. */
const SEEDS_PER_LINE = 500;

/** Whether all of them are as they must be. */
export async function simulateSeeds(from: number, seeds: number): Promise<boolean> {
  const since = performance.now();
  let wrong = 0;
  for (let done = 1; done <= seeds; done++) {
    const seed = from + done - 1;
    const problems = await problemsOf(seed).catch((error: unknown) => [String(error)]);
    if (problems.length > 0) {
      wrong++;
      console.error(`Seed ${seed}:\n  ${problems.join("\n  ")}\nnpm run soak -- --seeds 1 --from ${seed}`);
    }
    if (done % SEEDS_PER_LINE > 0 && done < seeds) continue;
    const seconds = (performance.now() - since) / 1000;
    console.log(`${done} seeds from ${from} on, each twice, in ${seconds.toFixed(0)} s: ${wrong} wrong.`);
  }
  return wrong === 0;
}
