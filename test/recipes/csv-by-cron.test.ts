import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { blocksIn, readPage } from "../docs/pages.ts";
import { builtProgram } from "../support/cli-build.ts";
import { start } from "../support/fake.ts";
import { writeProgram, writeRecipe } from "./recipe.ts";

const PAGE = "docs/recipes/csv-by-cron.md";

/** Runs a line of the page's crontab, or the script, and says what was mailed. */
async function setUp(apiUrl: string) {
  const folder = writeRecipe(PAGE);
  const program = `exec "${process.execPath}" "${await builtProgram()}" "$@"`;
  writeProgram(join(folder, "node_modules/.bin/batch-audiences"), program);
  writeProgram(join(folder, "bin/mail"), `echo "$2" >> "${folder}/mails"; cat > /dev/null`);
  mkdirSync(join(folder, "exports"));
  const file = (name: string): string => join(folder, name);
  const mails = (): string => (existsSync(file("mails")) ? readFileSync(file("mails"), "utf8") : "");
  return {
    file,
    mails,
    run: (command = "./nightly.sh") =>
      new Promise<number>((resolve) => {
        const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, BATCH_BASE_URL: apiUrl };
        const child = execFile("sh", ["-c", command], { cwd: folder, env });
        child.once("exit", (code) => resolve(code!));
      }),
  };
}

it("delivers in silence, and leaves nothing to repeat", async () => {
  const batch = await start();
  const { file, mails, run } = await setUp(batch.url);
  writeFileSync(file("exports/vip_customers.csv"), "id,action,city\n1,add,Lyon\n2,remove,\n");
  expect(await run()).toBe(0);
  expect(mails()).toBe("");
  expect(existsSync(file("run.json"))).toBe(false);
  expect(JSON.parse(readFileSync(file("report.json"), "utf8"))).toMatchObject({ received: 2, accepted: 2 });
  expect([...batch.audience("vip_customers").members.keys()]).toEqual(["1"]);
});

it("mails what was not delivered, and the crontab's second line goes on", async () => {
  const batch = await start({ script: [{ status: 401 }] });
  const { file, mails, run } = await setUp(batch.url);
  writeFileSync(file("exports/vip_customers.csv"), "id,action\n1,add\n2,add\n");
  expect(await run()).toBe(1);
  expect(mails()).toBe(
    "vip_customers: some records were not delivered; rejected.ndjson has those that are wrong\n",
  );
  const crontab = blocksIn(readPage(PAGE)).find(({ language }) => language === "text")!.code;
  const [, again] = crontab.trim().split("\n") as [string, string];
  const command = again.replace(/^(?:\S+\s+){5}/, "").replaceAll("/srv/batch/", "./");
  expect(await run(command)).toBe(0);
  expect([...batch.audience("vip_customers").members.keys()]).toEqual(["1", "2"]);
  const requests = batch.requests.length;
  expect(await run(command)).toBe(0);
  expect(batch.requests).toHaveLength(requests);
});

it("says so when nothing was sent", async () => {
  const batch = await start();
  const { mails, run } = await setUp(batch.url);
  expect(await run()).toBe(2);
  expect(mails()).toContain("the file or the configuration is wrong, so nothing was sent");
  expect(batch.requests).toEqual([]);
});
