/**
 * `npm run bench`: measures the built library and prints tables. `--only 1,3` runs some of the benchmarks, `--quick` runs
 * them at a size at which their numbers mean nothing, `--json` prints what was found as JSON. A full run also writes it
 * to `docs/bench/results.json`, with the charts beside it.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { comparison } from "./comparison.ts";
import { cost } from "./cost.ts";
import { loopback } from "./loopback.ts";
import { memory } from "./memory.ts";
import { type Benchmark, format, type Outcome } from "./outcome.ts";
import { pace } from "./pace.ts";
import { weight } from "./weight.ts";

const BENCHMARKS: readonly Benchmark[] = [cost, memory, pace, comparison, loopback, weight];
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const numbers = values.only?.split(",").map(Number) ?? BENCHMARKS.map((_, index) => index + 1);
for (const number of numbers) {
  if (BENCHMARKS[number - 1] === undefined) {
    throw new Error(`--only takes numbers from 1 to ${BENCHMARKS.length}, got ${values.only}`);
  }
}
const print = values.json ? () => {} : (text: string) => console.log(`${text}\n`);

execFileSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });

const machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? "unknown",
  memoryGB: Math.round(totalmem() / 1e9),
  system: `${process.platform} ${process.arch}`,
  node: process.version,
};
print(
  `${machine.cores} cores (${machine.processor}), ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}`,
);

const outcomes: (Outcome & { number: number })[] = [];
for (const number of numbers) {
  const outcome = await BENCHMARKS[number - 1]!({ quick: values.quick });
  outcomes.push({ number, ...outcome });
  print(`## ${number}. ${outcome.title}\n\n${outcome.method}`);
  for (const table of outcome.tables) print(format(table));
}

const found = {
  machine,
  quick: values.quick,
  benchmarks: outcomes.map(({ charts: _, ...outcome }) => outcome),
};
if (values.json) console.log(JSON.stringify(found, undefined, 2));
if (!values.quick) {
  for (const { charts = {} } of outcomes) {
    for (const [file, svg] of Object.entries(charts)) writeFileSync(`${ROOT}docs/bench/${file}`, svg);
  }
  if (values.only === undefined) {
    writeFileSync(`${ROOT}docs/bench/results.json`, `${JSON.stringify(found, undefined, 2)}\n`);
  }
}
