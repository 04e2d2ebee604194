import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { blocksIn, readPage } from "../docs/pages.ts";
import { stepsOf } from "../house/workflows.ts";
import { builtProgram } from "../support/cli-build.ts";
import { start } from "../support/fake.ts";
import { writeProgram, writeRecipe } from "./recipe.ts";

const PAGE = "docs/recipes/github-actions.md";

it.each([
  { answers: "takes all", ids: "customer-1", script: [], exitCode: 0, summary: "| 2 | 1 | 0 | 1 | 0 | 0 |" },
  {
    answers: "refuses the key",
    ids: "customer-1",
    script: [{ status: 401 }],
    exitCode: 1,
    summary: "| 0 | 1 | 0 |",
  },
] as const)("delivers and sums up where the API $answers", async ({ ids, script, exitCode, summary }) => {
  const batch = await start({ script });
  const folder = writeRecipe(PAGE);
  writeFileSync(join(folder, "members.csv"), `id,action\n${ids},add\n${ids},add\n`);
  const program = `exec "${process.execPath}" "${await builtProgram()}" "$@"`;
  writeProgram(join(folder, "node_modules/.bin/batch-audiences"), program);
  const { code } = blocksIn(readPage(PAGE)).find(({ language }) => language === "yaml")!;
  const [deliver, sumUp] = stepsOf(code).flatMap(({ run }) =>
    run?.startsWith("npm install") ? [] : (run ?? []),
  );
  const file = join(folder, "summary.md");
  const env = {
    BATCH_BASE_URL: batch.url,
    BATCH_REST_KEY: "rest",
    BATCH_PROJECT_KEY: "project",
    GITHUB_STEP_SUMMARY: file,
  };
  expect(await bash(deliver!, folder, env)).toBe(exitCode);
  expect(await bash(sumUp!, folder, env)).toBe(0);
  expect(readFileSync(file, "utf8")).toContain(summary);
});

/** As GitHub runs a step. */
function bash(script: string, cwd: string, env: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    execFile("bash", ["-e", "-c", script], { cwd, env: { ...process.env, ...env } }).once("exit", (code) =>
      resolve(code!),
    );
  });
}
