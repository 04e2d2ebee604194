import { afterAll, beforeAll, expect, test } from "vitest";
import { enterFolder, type Folder, runCli, startApi } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("one.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("what is accepted but not applied in time exits with 3, and with 0 once it is applied", async () => {
  const api = await startApi({ lag: { ms: 1e9 } });
  const settings = ["--base-url", api.url, "--rate", "Infinity", "--timeout", "0.05"];
  const late = await runCli(["update", "vips", "one.csv", "--wait", "--json", ...settings]);
  expect(late.exitCode).toBe(3);
  const report = JSON.parse(late.stdout) as { indexingTokens: [string]; error: { code: string } };
  expect(report).toMatchObject({ accepted: 1, error: { code: "NOT_APPLIED" } });
  const wait = ["wait", "vips", ...report.indexingTokens];
  expect(await runCli([...wait, ...settings])).toMatchObject({ exitCode: 3, stdout: "" });
  api.settled();
  const applied = await runCli([...wait, "--base-url", api.url, "--json"]);
  expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(applied.stdout)).toEqual({ [report.indexingTokens[0]]: "APPLIED" });
});
