/**
 * `npm run mutants`: breaks the code in thousands of small ways, and counts what the tests notice. `npm run mutants -- src/window` looks
 * at one folder or file only. Stryker needs Node 22.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { explain, type Known, type Report, readMutants, scoreTable } from "./mutants/report.ts";

const CONFIG = "scripts/mutants/stryker.config.json";
const REPORT = "reports/mutants.json";
const given = process.argv.slice(2).map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`));
const only = given.length === 0 ? [] : ["--mutate", given.join(",")];
const stryker = ["node_modules/@stryker-mutator/core/bin/stryker.js", "run", CONFIG, ...only];
const { status } = spawnSync("npx", ["-y", "node@24", ...stryker], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const known = JSON.parse(readFileSync("scripts/mutants/equivalent.json", "utf8")) as Known[];
const mutants = readMutants(JSON.parse(readFileSync(REPORT, "utf8")) as Report);
const { unexplained, unused } = explain(mutants, known);

console.log(scoreTable(mutants));
for (const { file, line, code, replacement } of unexplained) {
  console.log(`survived: ${file}:${line} ${code} → ${replacement}`);
}
if (given.length === 0)
  for (const { file, line } of unused) console.log(`no longer survives: ${file} ${line}`);
