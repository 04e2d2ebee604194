import { afterAll, beforeAll, expect, test } from "vitest";
import { createFolder, type Folder, startApi } from "../../support/cli.ts";
import { startProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

test("a reader of the result that goes away early is no error", async () => {
  const api = await startApi();
  folder.write("ids.csv", "id,action\n1,add\n");
  const args = ["update", "vips", "ids.csv", "--base-url", api.url];
  const { child, ended } = await startProcess(args, { cwd: folder.path });
  child.stdout.destroy();
  expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(Object.keys(Object.fromEntries(api.audience("vips")))).toEqual(["1"]);
});
