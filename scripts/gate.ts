/** The one gate: every check, then one line that counts. `npm test`. Each check also runs alone and says how to mend. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { testsLeftOut } from "./servers.ts";

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
  { name: "API reference", command: ["npm", "run", "--silent", "check:docs"] },
  { name: "runtimes", command: ["npx", "tsx", "scripts/check-runtimes.ts", "--quick"] },
  { name: "consumers", command: ["npx", "tsx", "scripts/check-consumers.ts", "--quick"] },
];

const SLOWEST = 10;

const folder = mkdtempSync(join(tmpdir(), "gate-"));
const results = join(folder, "vitest.json");
let passed = 0;
let failed = 0;
const broken: string[] = [];

const [build, ...others] = CHECKS;
await check(build!);
// The other checks look at what was built, and at nothing of each other's.
const waiting = others.values();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const next of waiting) await check(next);
  }),
);

const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const { status } = spawnSync("npx", ["vitest", "run", ...reporters], {
  stdio: ["ignore", "inherit", "inherit"],
});
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

console.log("The slowest test files:");
for (const { file, ms } of tests.slowest) console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`);
for (const { files, why } of await testsLeftOut()) console.log(`not run: ${files} ${why}`);
for (const reason of broken) console.log(`FAILED ${reason}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function check({ name, command, mend }: Check): Promise<void> {
  const started = performance.now();
  const { ok, output } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (ok) passed++;
  else {
    failed++;
    broken.push(name + (mend === undefined ? "" : `, mended by: ${mend}`));
    console.log(output);
  }
}

function run([command, ...args]: string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(command!, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}` });
    });
  });
}

interface Tests {
  passed: number;
  failed: number;
  skipped: number;
  slowest: { file: string; ms: number }[];
}

function readTests(): Tests {
  let text: string;
  try {
    text = readFileSync(results, "utf8");
  } catch {
    return { passed: 0, failed: 0, skipped: 0, slowest: [] };
  }
  const found = JSON.parse(text) as Record<
    "numPassedTests" | "numFailedTests" | "numPendingTests" | "numTodoTests",
    number
  > & { testResults: { name: string; startTime: number; endTime: number }[] };
  const files = found.testResults.map(({ name, startTime, endTime }) => ({
    file: relative(process.cwd(), name),
    ms: endTime - startTime,
  }));
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests,
    skipped: found.numPendingTests + found.numTodoTests,
    slowest: files.sort((one, other) => other.ms - one.ms).slice(0, SLOWEST),
  };
}
