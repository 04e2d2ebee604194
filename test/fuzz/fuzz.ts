// `npm run fuzz`: 100,000 inputs for each target, or `-- --target encoder --inputs 1000 --seed 1`. Ends with 1 at the first
// input that leads to anything but a result or an error of the package; `-- --replay <file>` runs that one again.

import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, reasonOf, TARGETS } from "./fuzzing.ts";
import { watchForHangs } from "./watch-for-hangs.ts";

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    inputs: { type: "string", default: "100000" },
    seed: { type: "string" },
    replay: { type: "string" },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const name = values.target ?? (values.replay && basename(values.replay).split("-")[0]);
const targets = TARGETS.filter((target) => name === undefined || target.name === name);
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed) || targets.length === 0) {
  const names = TARGETS.map(({ name }) => name).join(", ");
  console.error(`Expected --inputs and --seed to be whole numbers, and --target to be one of ${names}.`);
  process.exit(2);
}

if (values.replay !== undefined) {
  await targets[0]!.run(JSON.parse(readFileSync(values.replay, "utf8"))).catch(fail);
  console.log("It ends as it must.");
  process.exit();
}

for (const target of targets) {
  const count = Math.max(1, Math.round(inputs / (target.cost ?? 1)));
  const since = performance.now();
  const file = join(tmpdir(), `${target.name}-${seed}.json`);
  const replay = `Replay it with: npm run fuzz -- --replay ${file}`;
  const watch = watchForHangs(file, replay);
  const found = await fuzz(target, count, seed, watch.onInput);
  watch.end();
  const seconds = ((performance.now() - since) / 1000).toFixed(0);
  if (found !== undefined) {
    writeFileSync(file, `${JSON.stringify(found.input)}\n`);
    console.error(`${target.name}, seed ${seed}: ${found.reason}\n${replay}`);
    process.exit(1);
  }
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${target.name}: ${count} inputs in ${seconds} s, seed ${seed}, at most ${megabytes} MB so far.`,
  );
}

function fail(error: unknown): never {
  console.error(reasonOf(error));
  process.exit(1);
}
