// DuckDB is 68 MB, so a program stands in for it. It writes what DuckDB 1.5.6 writes for these queries. So these tests show that the
// command line takes such a table, not that the SQL is right.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { builtProgram } from "../support/cli-build.ts";
import { start } from "../support/fake.ts";
import { writeProgram, writeRecipe } from "./recipe.ts";

const PAGE = "docs/recipes/duckdb.md";

const TABLE = `id,city,orders:number,date(joined)
42,Lyon,17,2026-01-02 03:04:05
43,,12,
`;

/** Runs a script of the page, with this in place of DuckDB. Returns its exit code. */
async function runScript(script: string, duckdb: string, apiUrl: string): Promise<number> {
  const folder = writeRecipe(PAGE);
  writeProgram(
    join(folder, "node_modules/.bin/batch-audiences"),
    `exec "${process.execPath}" "${await builtProgram()}" "$@"`,
  );
  writeProgram(join(folder, "bin/duckdb"), duckdb);
  const env = {
    ...process.env,
    PATH: `${folder}/bin:${process.env.PATH}`,
    BATCH_BASE_URL: apiUrl,
    BATCH_REST_KEY: "rest",
    BATCH_PROJECT_KEY: "project",
  };
  return new Promise((resolve) => {
    execFile(join(folder, script), { cwd: folder, env }).once("exit", (code) => resolve(code!));
  });
}

it("sends what the query gives, with its types", async () => {
  const batch = await start();
  expect(await runScript("nightly.sh", `cat <<'END'\n${TABLE}END`, batch.url)).toBe(0);
  await batch.settled();
  expect(Object.fromEntries(batch.audience("vip_customers").members)).toEqual({
    42: { city: "Lyon", orders: 17, "date(joined)": "2026-01-02T03:04:05Z" },
    43: { orders: 12 },
  });
});

it("sends a file that the query has written", async () => {
  const batch = await start();
  const duckdb = "printf 'id,city\\n42,Lyon\\n' > members.csv";
  expect(await runScript("by-file.sh", duckdb, batch.url)).toBe(0);
  await batch.settled();
  expect(Object.fromEntries(batch.audience("vip_customers").members)).toEqual({ 42: { city: "Lyon" } });
});

it("sends nothing of a file whose query has failed", async () => {
  const batch = await start();
  expect(await runScript("by-file.sh", "printf 'id,city\\n42,Ly' > members.csv; exit 1", batch.url)).toBe(1);
  expect(batch.requests).toEqual([]);
});
