import { expect, test } from "vitest";
import { migrationSql } from "../../../src/postgres/migrate.ts";
import { runCli } from "../../support/cli.ts";

test("migrate --print-sql prints the SQL, without keys", async () => {
  const printed = { exitCode: 0, stderr: "" };
  expect(await runCli(["migrate", "--print-sql"], { env: {} })).toEqual({
    ...printed,
    stdout: migrationSql(),
  });
  const ended = await runCli(["migrate", "--print-sql", "--schema", "shop"], { env: {} });
  expect(ended).toEqual({ ...printed, stdout: migrationSql({ schema: "shop" }) });
});

test.each([
  [["migrate"], "migrate prints, and takes --print-sql"],
  [["migrate", "vips", "--print-sql"], "migrate prints, and takes --print-sql"],
  [["migrate", "--print-sql", "--schema", "No"], "--schema: expected a name"],
])("%j is a mistake", async (args, message) => {
  const ended = await runCli(args, { env: {} });
  expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
  expect(ended.stderr).toContain(`error: ${message}`);
});
