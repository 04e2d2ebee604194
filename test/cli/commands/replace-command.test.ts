import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  enterFolder,
  type Folder,
  runCli,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from "../../support/cli.ts";

const REFUSED = { error_code: "CODE", error_message: "no" };

let folder: Folder;
let api: ScriptedServer;

beforeAll(() => {
  folder = enterFolder();
  folder.write("many.csv", `id\n${Array.from({ length: 12_000 }, (_, id) => `${id}\n`).join("")}`);
});
afterAll(() => folder.remove());
beforeEach(async () => {
  api = await startScriptedServer();
});

function replace(...args: string[]) {
  return runCli(["replace", "vips", ...args, "--base-url", api.url, "--rate", "Infinity"]);
}

/** Ids in each request of a route. */
function sizesOf(route: string): number[] {
  return (api.bodiesOf(route) as { ids: unknown[] }[]).map(({ ids }) => ids.length);
}

async function startApi(script: Script): Promise<void> {
  api = await startScriptedServer(script);
}

test("the rows of a table and the lines of NDJSON become the members, without actions", async () => {
  folder.write("members.csv", "id,name,age:number\n1,Ada,36\n2,,\n");
  folder.write("members.ndjson", '{"id":"3","attributes":{"age":5}}\n{"id":"2"}\n');
  const { exitCode, stderr } = await replace("members.csv", "members.ndjson");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(api.requests.map(({ route }) => route)).toEqual(["replace"]);
  const [body] = api.bodiesOf("replace") as [{ name: string; ids: { id: string }[] }];
  expect(body.name).toBe("vips");
  expect(body.ids.toSorted((one, other) => Number(one.id) - Number(other.id))).toEqual([
    { id: "1", attributes: { name: "Ada", age: 36 } },
    { id: "2" },
    { id: "3", attributes: { age: 5 } },
  ]);
});

test("the first 10,000 ids replace the audience, and the others are added", async () => {
  const { exitCode, stdout } = await replace("many.csv", "--wait", "--json");
  expect(exitCode).toBe(0);
  expect([sizesOf("replace"), sizesOf("update")]).toEqual([[10_000], [2000]]);
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 12_000, checkpoint: { replaced: true } });
});

test("a column of actions is refused", async () => {
  folder.write("actions.csv", "id,action\n1,add\n");
  const { exitCode, stderr } = await replace("actions.csv");
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'error: actions.csv:1: members have no actions, each row is put on the audience: leave out the column "action"\n',
  );
  expect(api.requests).toEqual([]);
});

test("a record with the action remove is refused", async () => {
  folder.write("remove.ndjson", '{"id":"1"}\n{"action":"remove","id":"2"}\n5\n');
  const { exitCode, stderr } = await replace("remove.ndjson");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("remove.ndjson:2, action: members have no actions, each record is put on");
  expect(stderr).toContain('remove.ndjson:3: expected a member, {"id":"42"}, got 5\n');
  expect(api.requests).toEqual([]);
});

test("an empty input is refused unless --allow-empty is given", async () => {
  folder.write("empty.csv", "id\n");
  expect(await replace("empty.csv")).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "error: the input: expected at least one member; with `--allow-empty` an empty list is one, got none\n",
  });
  expect(api.bodiesOf("replace")).toEqual([]);
  expect(await replace("empty.csv", "--allow-empty")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(api.bodiesOf("replace")).toEqual([{ name: "vips", ids: [] }]);
});

test("--dry-run sends nothing", async () => {
  const { exitCode, stdout } = await replace("many.csv", "--dry-run", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, accepted: 12_000 });
  expect(api.requests).toEqual([]);
});

test("what a refused replacement leaves goes to replace, and what a refused add leaves to update", async () => {
  await startApi({ replace: () => [401, REFUSED] });
  const before = await replace("many.csv", "--undelivered", "before.ndjson");
  expect(before).toMatchObject({ exitCode: 1 });
  expect(before.stderr).toContain("12,000 undelivered actions: pass before.ndjson to replace.\n");
  expect(before.stderr).not.toContain("holds only a part");

  await startApi({ update: () => [401, REFUSED] });
  const after = await replace("before.ndjson", "--undelivered", "after.ndjson");
  expect(after).toMatchObject({ exitCode: 1 });
  expect(after.stderr).toContain("holds only a part of the input until the rest is added.\n");
  expect(after.stderr).toContain("2,000 undelivered actions: pass after.ndjson to update.\n");
  expect(readFileSync("after.ndjson", "utf8")).toMatch(/^(\{"action":"add","id":"\d+"\}\n){2000}$/);
});

test("a run that resumes after the replacement only adds", async () => {
  await startApi({ update: (_, before) => (before === 0 ? [401, REFUSED] : [202, { indexing_token: "t" }]) });
  const first = await replace("many.csv", "--checkpoint", "run.json");
  expect(first.exitCode).toBe(1);
  expect(first.stderr).toContain(
    "Once that is corrected: the same command again (run.json), which goes on after 10,000 records.\n",
  );
  expect(await replace("many.csv", "--checkpoint", "run.json")).toMatchObject({ exitCode: 0 });
  expect(sizesOf("replace")).toEqual([10_000]);
  expect(existsSync("run.json")).toBe(false);
});

test("a run that was only waiting does not replace again when it resumes", async () => {
  await startApi({ view: () => [200, { indexing_state: "IN_PROGRESS" }] });
  folder.write("few.csv", "id\n1\n");
  const args = ["few.csv", "--allow-empty", "--checkpoint", "wait.json", "--wait"];
  expect(await replace(...args, "--timeout", "0.05")).toMatchObject({ exitCode: 3 });
  expect(await replace(...args, "--timeout", "0.05")).toMatchObject({ exitCode: 3 });
  expect(api.bodiesOf("replace")).toEqual([{ name: "vips", ids: [{ id: "1" }] }]);
  expect(api.bodiesOf("update")).toEqual([]);
});

test("a checkpoint of replace is refused by update, and one of update by replace", async () => {
  await startApi({ update: () => [401, REFUSED] });
  await replace("many.csv", "--checkpoint", "replace.json");
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint"];
  const update = ["update", "vips", "many.csv", "--action", "add", ...settings];
  const refused = await runCli([...update, "replace.json"]);
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain("--checkpoint replace.json: is of the command replace; delete the");

  await startApi({ view: () => [200, { indexing_state: "IN_PROGRESS" }] });
  folder.write("few.ndjson", '{"action":"add","id":"1"}\n');
  const waiting = ["--base-url", api.url, "--wait", "--timeout", "0.05", "--checkpoint", "update.json"];
  expect(await runCli(["update", "vips", "few.ndjson", ...waiting])).toMatchObject({ exitCode: 3 });
  const other = await replace("few.ndjson", "--checkpoint", "update.json");
  expect(other).toMatchObject({ exitCode: 2 });
  expect(other.stderr).toContain("--checkpoint update.json: is of the command update; delete the");
  expect(api.bodiesOf("replace")).toEqual([]);
});
