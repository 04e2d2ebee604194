import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgram } from "../docs/run-program.ts";
import { start } from "../support/fake.ts";
import { writeRecipe } from "./recipe.ts";

const PAGE = "docs/recipes/logging.md";

interface Line {
  level: string;
  event: string;
  [field: string]: unknown;
}

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

it("logs a run from its beginning to its end, without ids", async () => {
  const batch = await start();
  const folder = writeRecipe(PAGE);
  const { stdout, stderr } = await runProgram(join(folder, "nightly.ts"), folder, batch.url);
  expect(stderr).toBe("");
  expect(linesOf(stdout)).toMatchObject([
    { level: "info", event: "started", audience: "vip_customers" },
    { level: "warn", event: "rejected", index: 2000 },
    { level: "info", event: "applied", received: 2001, rejected: 1, accepted: 2000, requests: 1 },
  ]);
  expect(stdout).not.toContain("customer-");
});

it("logs a failure by its code and status", async () => {
  const batch = await start({ script: [{ status: 401 }] });
  const folder = writeRecipe(PAGE);
  const failed = (await runProgram(join(folder, "nightly.ts"), folder, batch.url).catch(
    (error) => error,
  )) as {
    code: number;
    stdout: string;
  };
  expect(failed.code).toBe(1);
  const expected = { level: "error", event: "failed", code: "UPDATE", status: 401, undelivered: 2000 };
  expect(linesOf(failed.stdout).at(-1)).toMatchObject(expected);
});
