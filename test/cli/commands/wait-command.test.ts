import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterFolder, type Folder, runCli, startApi } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("one.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("what is accepted but not applied in time exits with 3, and with 0 once it is applied", async () => {
  const api = await startApi({ indexLag: { ms: 1e9 } });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--timeout", "0.05"];
  const late = await runCli(["update", "vips", "one.csv", "--wait", "--json", ...settings]);
  expect(late.exitCode).toBe(3);
  const report = JSON.parse(late.stdout) as { indexingTokens: [string]; error: { code: string } };
  expect(report).toMatchObject({ accepted: 1, error: { code: "NOT_APPLIED" } });
  const wait = ["wait", "vips", ...report.indexingTokens];
  expect(await runCli([...wait, ...settings])).toMatchObject({ exitCode: 3, stdout: "" });
  await api.settled();
  const applied = await runCli([...wait, "--base-url", api.url, "--json"]);
  expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(applied.stdout)).toEqual({ [report.indexingTokens[0]]: "APPLIED" });
});

test("all tokens that are still open are printed, to wait for them later", async () => {
  const api = await startApi({ indexLag: { ms: 1e9 } });
  const rows = Array.from({ length: 50_000 }, (_, id) => `${id},add\n`).join("");
  folder.write("many.csv", `id,action\n${rows}`);
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--wait", "--timeout", "0.05"];
  const { exitCode, stderr } = await runCli(["update", "vips", "many.csv", ...settings]);
  expect(exitCode).toBe(3);
  const tokens = api.requests.flatMap(({ route, token }) => (route.startsWith("POST") ? (token ?? []) : []));
  expect(tokens).toHaveLength(5);
  const [, printed = ""] = /^To wait on: batch-audiences wait vips (.*)$/m.exec(stderr) ?? [];
  expect(printed.split(" ").toSorted()).toEqual(tokens.toSorted());
});

test("with --checkpoint, the same command waits on where the time was up", async () => {
  const api = await startApi({ indexLag: { ms: 1e9 } });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--checkpoint", "run.json", "--wait"];
  const command = ["update", "vips", "one.csv", ...settings];
  const late = await runCli([...command, "--timeout", "0.05"]);
  expect(late.exitCode).toBe(3);
  expect(late.stderr).toContain("To wait on: the same command again (run.json).\n");
  const { updates } = api.counts;
  const again = await runCli([...command, "--timeout", "0.05"]);
  expect(again).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("Resuming after 1 record,") });
  await api.settled();
  const applied = await runCli(command);
  expect(applied).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/applied +1 +of 1 request\n/) });
  expect(existsSync("run.json")).toBe(false);
  expect(api.counts.updates).toBe(updates);
});
