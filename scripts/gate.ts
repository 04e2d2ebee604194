/** The one gate: every check, then one line that counts. `npm test`. Each check also runs alone and says how to mend. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Check {
  name: string;
  command: string[];
  /** What mends it, where the output does not say so. */
  mend?: string;
}

const CHECKS: Check[] = [
  { name: "build", command: ["npm", "run", "--silent", "build"] },
  { name: "types", command: ["npm", "run", "--silent", "check:types"] },
  { name: "lint and format", command: ["npm", "run", "--silent", "check:lint"], mend: "npm run format" },
  {
    name: "generated files",
    command: ["npm", "run", "--silent", "check:generated"],
    mend: "npm run generate",
  },
  { name: "unused code", command: ["npm", "run", "--silent", "check:unused"] },
  { name: "package", command: ["npm", "run", "--silent", "check:package"] },
  {
    name: "public types",
    command: ["npm", "run", "--silent", "check:api"],
    mend: "look at what it changed in test/types/snapshot, and commit that if it is meant",
  },
  { name: "size", command: ["npm", "run", "--silent", "check:size"] },
];

const folder = mkdtempSync(join(tmpdir(), "gate-"));
const results = join(folder, "vitest.json");
let passed = 0;
let failed = 0;
const broken: string[] = [];

for (const { name, command, mend } of CHECKS) {
  const started = performance.now();
  const { status, stdout, stderr } = run(command, "pipe");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = status === 0;
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (ok) passed++;
  else {
    failed++;
    broken.push(name + (mend === undefined ? "" : `, mended by: ${mend}`));
    console.log(`${stdout}${stderr}`);
  }
}

const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const { status } = run(["npx", "vitest", "run", ...reporters], "inherit");
const tests = readTests();
passed += tests.passed;
failed += tests.failed;
// A suite that does not even load, or an error outside of any test, is a failure that no test counts.
if (status !== 0 && tests.failed === 0) failed++;
if (status === 0 && tests.passed === 0) {
  failed++;
  broken.push("vitest ran no test");
}
if (tests.skipped > 0) {
  failed++;
  broken.push(`${tests.skipped} tests were skipped`);
}
rmSync(folder, { recursive: true });

for (const reason of broken) console.log(`FAILED ${reason}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run([command, ...args]: string[], stdio: "pipe" | "inherit") {
  return spawnSync(command!, args, { stdio: ["ignore", stdio, stdio], encoding: "utf8", maxBuffer: 2 ** 26 });
}

function readTests(): { passed: number; failed: number; skipped: number } {
  let text: string;
  try {
    text = readFileSync(results, "utf8");
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const counts = JSON.parse(text) as Record<
    "numPassedTests" | "numFailedTests" | "numPendingTests" | "numTodoTests",
    number
  >;
  return {
    passed: counts.numPassedTests,
    failed: counts.numFailedTests,
    skipped: counts.numPendingTests + counts.numTodoTests,
  };
}
