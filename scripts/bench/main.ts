/**
 * `npm run bench`: measures the built library and prints tables. `--only 1,3` runs some of the benchmarks, `--quick` runs
 * them at a size at which their numbers mean nothing, `--json` prints what was found as JSON. `--write` puts what each has printed
 * into `docs/benchmarks.md`, and its charts and its JSON into `docs/bench`, in place of what an earlier run has found.
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
import { type Benchmark, format, type Measured } from "./outcome.ts";
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
const RESULTS = `${ROOT}docs/bench/results.json`;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
if (values.quick && values.write) throw new Error("--quick measures nothing that is worth to be written");
const numbers = values.only?.split(",").map(Number) ?? BENCHMARKS.map((_, index) => index + 1);
for (const number of numbers) {
  if (BENCHMARKS[number - 1] === undefined) {
    throw new Error(`--only takes numbers from 1 to ${BENCHMARKS.length}, got ${values.only}`);
  }
}
const print = values.json ? () => {} : (text: string) => console.log(`${text}\n`);

execFileSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });

const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
const size = `${Math.round(totalmem() / 1e9)} GB`;
const machine = `${cores}, ${size}, ${process.platform} ${process.arch}, Node ${process.version}`;

const measured: Measured[] = [];
for (const number of numbers) {
  const { charts = {}, ...outcome } = await BENCHMARKS[number - 1]!({ quick: values.quick });
  const result = { number, machine, ...outcome };
  measured.push(result);
  print(`## ${number}. ${outcome.title}\n\n${format(result)}`);
  // At once: a later one may fail.
  if (values.write) write(result, charts);
}
if (values.json) console.log(JSON.stringify(measured, undefined, 2));

function write(result: Measured, charts: Record<string, string>): void {
  for (const [file, svg] of Object.entries(charts)) writeFileSync(`${ROOT}docs/bench/${file}`, svg);
  const written = JSON.parse(readFileSync(RESULTS, "utf8")) as Measured[];
  const others = written.filter(({ number }) => number !== result.number);
  const all = [...others, result].sort((one, other) => one.number - other.number);
  writeFileSync(RESULTS, `${JSON.stringify(all, undefined, 2)}\n`);
  // As `npm test` wants it.
  execFileSync("npx", ["biome", "format", "--write", RESULTS], { cwd: ROOT, stdio: "ignore" });
  writeFileSync(DOCUMENT, put(readFileSync(DOCUMENT, "utf8"), `${result.number}`, format(result)));
}
