import { join } from "node:path";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../docs/run-program.ts";
import { start } from "../../support/fake.ts";
import { createDatabase } from "../../support/postgres.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { writeRecipe } from "../recipe.ts";

it("the program sends what changed in the table", async () => {
  const url = await createDatabase();
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  onTestFinished(() => database.end());
  await database.query("CREATE TABLE vips (id text, city text, orders integer)");
  await database.query(
    "INSERT INTO vips SELECT 'customer-' || n, 'Lyon', n FROM generate_series(1, 12000) n",
  );
  const api = await start({ seed: 1 });
  const folder = writeRecipe("docs/recipes/postgresql.md");
  const cwd = temporaryFolder();
  const night = async () => {
    const { stdout } = await runProgram(join(folder, "nightly.ts"), cwd, api.url, { POSTGRES_URL: url });
    return stdout;
  };
  expect(await night()).toBe("12000 added, 0 changed, 0 removed, 0 unchanged\n");
  await database.query("DELETE FROM vips WHERE orders <= 10");
  await database.query("UPDATE vips SET city = 'Gent' WHERE orders > 11990");
  await database.query("INSERT INTO vips VALUES ('new', 'Porto', 0)");
  expect(await night()).toBe("1 added, 10 changed, 10 removed, 11980 unchanged\n");
  await api.settled();
  const { members } = api.audience("vip_customers");
  expect(members.size).toBe(11_991);
  expect(members.get("customer-11999")).toEqual({ city: "Gent", orders: 11_999 });
});
