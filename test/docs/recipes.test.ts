// The tests of docs/recipes/testing.md, as a user runs them: in node:test and in Vitest.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./pages.ts";
import { typeProblems } from "./type-check.ts";

const run = promisify(execFile);
const page = readFileSync(join(root, "docs/recipes/testing.md"), "utf8");
const tests = Array.from(page.matchAll(/```ts\n(.*?)```/gs), ([, code]) => code!).filter((code) =>
  code.includes('from "node:test"'),
);
const names = tests.map((code) => /^test\("([^"]+)"/m.exec(code)![1]!);

/** Beside the settings, which the programs inherit otherwise: to be run by a runner of ours is not what they are for. */
const { NODE_OPTIONS: _, VITEST: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;

describe("the tests of docs/recipes/testing.md", () => {
  // Inside the package, where its own name resolves to what was built.
  let folder: string;

  function write(name: string, edit: (code: string) => string): string[] {
    return tests.map((code, at) => {
      const file = join(folder, `${name}-${at}.ts`);
      writeFileSync(file, edit(code));
      return file;
    });
  }

  beforeAll(() => {
    folder = mkdtempSync(join(root, "test/docs/recipes-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are five, and type-check", () => {
    expect(tests).toHaveLength(5);
    expect(typeProblems(write("typed", (code) => code))).toEqual([]);
  });

  it("pass in node:test", async () => {
    const files = write("node", (code) => code);
    // In one process: to start one for each file would take far longer than the tests.
    const all = join(folder, "all.ts");
    writeFileSync(all, files.map((file) => `import ${JSON.stringify(file)};\n`).join(""));
    const args = ["--import", import.meta.resolve("tsx"), "--test-reporter=tap", all];
    const { stdout } = await run(process.execPath, args, { cwd: root, env });
    for (const [at, name] of names.entries()) expect(stdout).toContain(`\nok ${at + 1} - ${name}\n`);
    expect(stdout).toContain("# pass 5\n");
    expect(stdout).toContain("# fail 0\n");
  });

  it("pass in Vitest", async () => {
    write("vitest.test", (code) => code.replace('from "node:test"', 'from "vitest"'));
    const config = join(folder, "vitest.config.mjs");
    writeFileSync(config, "export default { test: { include: ['vitest.test-*.ts'], testTimeout: 60_000 } };");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--config", config, "--root", folder, "--reporter=json"];
    const { stdout } = await run(process.execPath, args, { cwd: root, env });
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(stdout.slice(stdout.indexOf("{")));
    expect([numPassedTests, numFailedTests]).toEqual([5, 0]);
    const passed = (testResults as { assertionResults: { title: string }[] }[]).map(
      ({ assertionResults }) => assertionResults[0]!.title,
    );
    expect(passed.sort()).toEqual([...names].sort());
  });
});
