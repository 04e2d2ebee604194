import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { builtProgram } from "../support/cli-build.ts";
import { type FakeBatchServer, startFakeBatch } from "../support/fake-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { pages, root } from "./pages.ts";

const run = promisify(execFile);

const POSTGRES_URL = process.env.POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const KEYS = { BATCH_REST_KEY: "rest", BATCH_PROJECT_KEY: "project" };

/** The code of a recipe in a language. */
function codeOf(recipe: string, language: string): string {
  const { text } = pages.find(({ path }) => path === `docs/recipes/${recipe}.md`)!;
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(text)![1]!;
}

async function startApi(): Promise<FakeBatchServer> {
  const api = await startFakeBatch({ seed: 1 });
  onTestFinished(() => api.close());
  return api;
}

/** A schema with a table of members, and the address at which it is the only one that is seen. */
async function createTable(rows: number): Promise<{ url: string; query(sql: string): Promise<unknown> }> {
  const database = new pg.Client({ connectionString: POSTGRES_URL });
  await database.connect().catch((cause: unknown) => {
    throw new Error(`This test needs PostgreSQL: set POSTGRES_URL, or start one at ${POSTGRES_URL}`, {
      cause,
    });
  });
  const schema = `recipe_${process.pid}_${Date.now()}`;
  onTestFinished(async () => {
    await database.query(`DROP SCHEMA ${schema} CASCADE`);
    await database.end();
  });
  await database.query(`CREATE SCHEMA ${schema}`);
  await database.query(`SET search_path TO ${schema}`);
  await database.query("CREATE TABLE vips (id text, city text, orders integer)");
  await database.query(
    `INSERT INTO vips SELECT 'customer-' || n, 'Lyon', n FROM generate_series(1, ${rows}) n`,
  );
  const url = new URL(POSTGRES_URL);
  url.searchParams.set("options", `-c search_path=${schema}`);
  return { url: url.href, query: (sql) => database.query(sql) };
}

it("docs/recipes/postgresql.md: the program sends what changed in the table", async () => {
  const { url, query } = await createTable(12_000);
  const api = await startApi();
  const cwd = temporaryFolder();
  // Inside the package, where its own name resolves to what was built.
  const folder = mkdtempSync(join(root, "test/docs/recipe-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "program.ts");
  writeFileSync(file, codeOf("postgresql", "ts"));
  const imports = [import.meta.resolve("tsx"), join(import.meta.dirname, "redirect.ts")];
  const night = async () => {
    const args = [...imports.flatMap((path) => ["--import", path]), file];
    const env = { ...process.env, ...KEYS, STAND_IN_URL: api.url, POSTGRES_URL: url };
    return (await run(process.execPath, args, { cwd, env })).stdout;
  };
  expect(await night()).toBe("12000 added, 0 changed, 0 removed, 0 unchanged\n");
  await query("DELETE FROM vips WHERE orders <= 10");
  await query("UPDATE vips SET city = 'Gent' WHERE orders > 11990");
  await query("INSERT INTO vips VALUES ('new', 'Porto', 0)");
  expect(await night()).toBe("1 added, 10 changed, 10 removed, 11980 unchanged\n");
  await api.settled();
  expect(api.audience("vip_customers").members.size).toBe(11_991);
  expect(api.audience("vip_customers").members.get("customer-11999")).toEqual({
    city: "Gent",
    orders: 11_999,
  });
});

it("docs/recipes/csv-export.md: the command sends what changed in the file", async () => {
  const api = await startApi();
  const cwd = temporaryFolder();
  const program = await builtProgram();
  const [npx, , ...args] = codeOf("csv-export", "sh").trim().split(" ");
  expect(npx).toBe("npx");
  const night = async (csv: string) => {
    writeFileSync(join(cwd, "export.csv"), csv);
    const all = [program, ...args, "--base-url", api.url, "--rate", "Infinity", "--json"];
    return JSON.parse((await run(process.execPath, all, { cwd, env: { ...process.env, ...KEYS } })).stdout);
  };
  const csv = codeOf("csv-export", "csv");
  expect(await night(csv)).toMatchObject({ added: 2, expectedIds: 2, actualIds: 2 });
  expect(await night(`${csv}44,Porto,1\n`)).toMatchObject({ added: 1, unchanged: 2, actualIds: 3 });
  expect(Object.fromEntries(api.audience("vip_customers").members)).toEqual({
    42: { city: "Lyon", orders: 7 },
    43: { city: "Gent" },
    44: { city: "Porto", orders: 1 },
  });
});
