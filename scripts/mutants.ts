/**
 * `npm run mutants`: changes the code in thousands of small ways, and counts the changes by which a test fails. With names, as in
 * `npm run mutants -- actions window`, only there. What ran before and has not changed is not run again, unless `--force` is given.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Equivalent,
  explain,
  type Mutant,
  type Report,
  readMutants,
  scoreTable,
} from "./mutants/report.ts";
import { TARGETS, type Target, targetNamed } from "./mutants/targets.ts";

const STRYKER = [
  "node_modules/@stryker-mutator/core/bin/stryker.js",
  "run",
  "scripts/mutants/stryker.config.json",
];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { force: { type: "boolean", default: false } },
});
const targets = positionals.length === 0 ? TARGETS : positionals.map(targetNamed);
const equivalents = JSON.parse(readFileSync("scripts/mutants/equivalent.json", "utf8")) as Equivalent[];

const results = targets.map((target): [string, Mutant[]] => [target.name, mutantsOf(target)]);
const mutants = results.flatMap(([, mutants]) => mutants);
const { unexplained, unused } = explain(mutants, equivalents);
for (const { file, line, code, replacement } of unexplained) {
  console.log(`survived: ${file}:${line} ${code} → ${replacement}`);
}
for (const { file, line } of unused) console.log(`listed, but no longer survives: ${file} ${line}`);
console.log(scoreTable(results));

function mutantsOf({ name, mutate, tests }: Target): Mutant[] {
  const report = `reports/mutants/${name}.json`;
  // Stryker needs Node 22.
  const command = ["-y", "node@24", ...STRYKER, "--mutate", mutate, "--incrementalFile", report];
  if (values.force) command.push("--force");
  const { status } = spawnSync("npx", command, {
    stdio: "inherit",
    env: { ...process.env, TESTS_FOR_MUTANTS: tests.join(" ") },
  });
  if (status !== 0) process.exit(status ?? 1);
  return readMutants(JSON.parse(readFileSync(report, "utf8")) as Report);
}
