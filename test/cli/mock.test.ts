import { afterAll, beforeAll, expect, test } from "vitest";
import { enterFolder, type Folder, runCli } from "../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("ids.csv", "id,action,age:number,date(joined)\n1,add,30,2026-01-01T00:00:00Z\n2,remove,,\n");
});
afterAll(() => folder.remove());

test("--mock needs no keys: update, wait and view answer from the API's document", async () => {
  const [update, view] = await Promise.all([
    runCli(["update", "vips", "ids.csv", "--mock", "--wait", "--json"], { env: {} }),
    runCli(["view", "vips", "--mock"], { env: {} }),
  ]);
  expect(update).toMatchObject({ exitCode: 0, stderr: "Starting the mock API. Nothing is sent to Batch.\n" });
  expect(JSON.parse(update.stdout)).toMatchObject({ accepted: 2, requests: 1 });
  expect(view).toMatchObject({ exitCode: 0 });
  expect(view.stdout).toMatch(/^vips\n\n[\s\S]* indexing_state {2}APPLIED\n/);
});

test("--mock answers create, list, replace and delete", async () => {
  folder.write("members.csv", "id,age:number\n1,30\n2,\n");
  const all = await Promise.all([
    runCli(["create", "vips", "--wait", "--mock", "--json"], { env: {} }),
    runCli(["list", "--mock", "--json"], { env: {} }),
    runCli(["replace", "vips", "members.csv", "--wait", "--mock", "--json"], { env: {} }),
    runCli(["delete", "vips", "--yes", "--mock", "--json"], { env: {} }),
  ]);
  expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  const [created, listed, replaced, deleted] = all.map(({ stdout }) => JSON.parse(stdout) as unknown);
  expect(created).toMatchObject({ name: "vips", indexing_token: expect.any(String) });
  expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ name: "vip_customers" })]));
  expect(replaced).toMatchObject({ accepted: 2, requests: 1, checkpoint: { replaced: true } });
  expect(deleted).toMatchObject({ name: "vips", indexing_token: expect.any(String) });
});

test("--mock and --base-url contradict each other", async () => {
  const args = ["view", "vips", "--mock", "--base-url", "http://127.0.0.1:1"];
  expect(await runCli(args, { env: {} })).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: --mock and --base-url name two servers, give one of them\n",
  });
});
