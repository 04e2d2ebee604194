/**
 * `npm run bench`: measures the built library and prints tables. `--only 1,3` runs some of the benchmarks, `--quick` runs
 * them at a size at which their numbers mean nothing, `--json` prints what was found as JSON. A full run also writes what
 * it printed into `docs/benchmarks.md`, and the charts and the JSON into `docs/bench`.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { comparison } from "./comparison.ts";
import { cost } from "./cost.ts";
import { loopback } from "./loopback.ts";
import { memory } from "./memory.ts";
import { mirror } from "./mirror.ts";
import { type Benchmark, format, type Outcome } from "./outcome.ts";
import { pace } from "./pace.ts";
import { put } from "./put.ts";
import { queue } from "./queue.ts";
import { spill } from "./spill.ts";
import { weight } from "./weight.ts";

const BENCHMARKS: readonly Benchmark[] = [
  ...[cost, memory, pace, comparison, loopback, weight, spill, mirror, queue],
];
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENT = `${ROOT}docs/benchmarks.md`;

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
const described = `${machine.cores} cores (${machine.processor}), ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}`;
print(described);

const outcomes: (Outcome & { number: number })[] = [];
for (const number of numbers) {
  const outcome = await BENCHMARKS[number - 1]!({ quick: values.quick });
  outcomes.push({ number, ...outcome });
  print(`## ${number}. ${outcome.title}\n\n${format(outcome)}`);
}

const found = {
  machine,
  quick: values.quick,
  benchmarks: outcomes.map(({ charts: _, ...outcome }) => outcome),
};
const json = JSON.stringify(found, undefined, 2);
if (values.json) console.log(json);
if (!values.quick && values.only === undefined) {
  for (const { charts = {} } of outcomes) {
    for (const [file, svg] of Object.entries(charts)) writeFileSync(`${ROOT}docs/bench/${file}`, svg);
  }
  writeFileSync(`${ROOT}docs/bench/results.json`, `${json}\n`);
  writeFileSync(DOCUMENT, outcomes.reduce(insert, put(readFileSync(DOCUMENT, "utf8"), "machine", described)));
}

function insert(document: string, outcome: Outcome & { number: number }): string {
  return put(document, `${outcome.number}`, format(outcome));
}
