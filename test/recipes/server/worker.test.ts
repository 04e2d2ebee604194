import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { enqueue, migrate } from "../../../src/postgres/index.ts";
import { startOf } from "../../docs/run-program.ts";
import { start } from "../../support/fake.ts";
import { createDatabase } from "../../support/postgres.ts";
import { writeRecipe } from "../recipe.ts";

it("delivers what is enqueued, and stops on SIGTERM without its lease", async () => {
  const url = await createDatabase();
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  onTestFinished(() => db.end());
  await migrate(db);
  const batch = await start({ seed: 1 });
  const { args, env } = startOf(join(writeRecipe("docs/recipes/worker.md"), "worker.mjs"), batch.url);
  const worker = spawn(process.execPath, args, {
    env: { ...env, DATABASE_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(worker, "exit");
  onTestFinished(async () => {
    worker.kill("SIGKILL");
    await ended;
  });
  let errors = "";
  worker.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  await enqueue(db, "newsletter", [
    { action: "add", id: "customer-1" },
    { action: "remove", id: "customer-2" },
  ]);
  const delivered = once(createInterface(worker.stdout), "line");
  const line = await Promise.race([delivered, ended.then(() => [errors])]);
  expect(line).toEqual(["{ audience: 'newsletter', delivered: 2, refused: 0 }"]);
  worker.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(errors).toBe("");
  expect([...batch.audience("newsletter").members.keys()]).toEqual(["customer-1"]);
  const { rows } = await db.query("SELECT expires_at > now() AS held FROM batch_audiences.leases");
  expect(rows.filter(({ held }) => held)).toEqual([]);
});
