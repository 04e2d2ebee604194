import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { blocksIn, readPage } from "../docs/pages.ts";
import { builtProgram } from "../support/cli-build.ts";
import { start } from "../support/fake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const blocks = blocksIn(readPage("docs/recipes/csv-export.md"));
const codeOf = (language: string): string => blocks.find((block) => block.language === language)!.code;

it("the command sends what changed in the file", async () => {
  const api = await start({ seed: 1 });
  const cwd = temporaryFolder();
  const program = await builtProgram();
  const [npx, , ...args] = codeOf("sh").trim().split(" ");
  expect(npx).toBe("npx");
  const env = { ...process.env, BATCH_REST_KEY: "rest", BATCH_PROJECT_KEY: "project" };
  const night = async (csv: string) => {
    writeFileSync(join(cwd, "export.csv"), csv);
    const all = [program, ...args, "--base-url", api.url, "--rate", "Infinity", "--json"];
    return JSON.parse((await promisify(execFile)(process.execPath, all, { cwd, env })).stdout);
  };
  const csv = codeOf("csv");
  expect(await night(csv)).toMatchObject({ added: 2, expectedIds: 2, actualIds: 2 });
  expect(await night(`${csv}44,Porto,1\n`)).toMatchObject({ added: 1, unchanged: 2, actualIds: 3 });
  expect(Object.fromEntries(api.audience("vip_customers").members)).toEqual({
    42: { city: "Lyon", orders: 7 },
    43: { city: "Gent" },
    44: { city: "Porto", orders: 1 },
  });
});
