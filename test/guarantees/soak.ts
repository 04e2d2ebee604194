// Runs random trials of the delivery guarantees, on loopback and in process: `npm run soak -- --minutes 3 --seed 1`. Ends
// with 1 and the seed at the first one that goes wrong. `npm run soak -- --kills 100` kills so many mirrors instead, and
// `npm run soak -- --seeds 100000 --from 1` simulates so many seeds in virtual time, each twice.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inProcess, onLoopback } from "../support/environment.ts";
import { buildMirrorChild, killMirrors } from "./mirror-kills.ts";
import { simulateSeeds } from "./simulation/simulate-seeds.ts";
import { SETTINGS, trial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string" },
    kills: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
  },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error("Expected --minutes to be a number above 0 and --seed to be a whole number.");
  process.exit(2);
}

if (values.seeds !== undefined) {
  const isRight = await simulateSeeds(Number(values.from), Number(values.seeds));
  process.exit(isRight ? 0 : 1);
}

if (values.kills !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const { killed, wrong } = await killMirrors(
    await buildMirrorChild(folder),
    Number(values.kills),
    firstSeed,
  );
  rmSync(folder, { recursive: true });
  console.log(`Killed from seed ${firstSeed} on: ${JSON.stringify(killed)}.`);
  if (wrong.length > 0) console.error(`Wrong:\n  ${wrong.join("\n  ")}`);
  process.exit(wrong.length > 0 ? 1 : 0);
}

/** In process is fast, and finds what may go wrong; on loopback it would go wrong for real. */
const environments = [
  { name: "in process", create: inProcess, mostActions: 300 },
  { name: "on loopback", create: onLoopback, mostActions: 60 },
];

const until = performance.now() + minutes * 60_000;
console.log(`Every setting in turn from seed ${firstSeed} on, for ${minutes} min.`);
let trials = 0;
for (let seed = firstSeed; performance.now() < until; seed++) {
  for (const [setting, options] of Object.entries(SETTINGS)) {
    for (const { name, create, mostActions } of environments) {
      const wrong = await trial(seed, options, create, mostActions).catch((error: unknown) => [
        String(error),
      ]);
      trials++;
      if (wrong.length === 0) continue;
      console.error(`Seed ${seed}, ${name}, ${setting}:\n  ${wrong.join("\n  ")}`);
      console.error(`Replay it with: npm run soak -- --minutes 0.01 --seed ${seed}`);
      process.exit(1);
    }
  }
  console.log(`Seed ${seed}: as it must be, ${trials} trials so far.`);
}
