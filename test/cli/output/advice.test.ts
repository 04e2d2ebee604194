import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { enterFolder, type Folder, KEYS, runCli, startScriptedServer } from "../../support/cli.ts";

let folder: Folder;

beforeAll(() => {
  folder = enterFolder();
  folder.write("ids.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

function update(url: string, ...args: string[]) {
  return runCli(["update", "vips", "ids.csv", "--base-url", url, ...args]);
}

async function updateWithStatus(status: number, ...args: string[]): Promise<string> {
  const { url } = await startScriptedServer({ update: () => [status, {}] });
  return (await update(url, ...args)).stderr;
}

/** As where DNS says that there is no such host. */
function hideHost(): void {
  const below = Object.assign(new Error("getaddrinfo ENOTFOUND api.batch.com"), { code: "ENOTFOUND" });
  const spy = vi
    .spyOn(globalThis, "fetch")
    .mockRejectedValue(new TypeError("fetch failed", { cause: below }));
  onTestFinished(() => spy.mockRestore());
}

test.each([401, 403, 404, 400])("after a %i, the same command again would fail again", async (status) => {
  const stderr = await updateWithStatus(status);
  expect(stderr).toContain("Once that is corrected: the same command again.");
  expect(stderr).not.toContain("To go on: the same command again");
  const saved = await updateWithStatus(status, "--checkpoint", `${status}.json`);
  expect(saved).toContain(`Once that is corrected: the same command again (${status}.json).`);
});

test("a refused request suggests --isolate", async () => {
  const hint = "--isolate finds the records that the API refuses, and delivers the others.\n";
  expect(await updateWithStatus(400)).toContain(hint);
  expect(await updateWithStatus(400, "--isolate")).not.toContain("--isolate");
  expect(await updateWithStatus(401)).not.toContain("--isolate");
});

test("a host that there is not ends the run at the first attempt, and says that nothing was sent", async () => {
  hideHost();
  const { exitCode, stderr } = await runCli(["update", "vips", "ids.csv"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /error: No connection for POST \/audiences\/update \(.*\).* Nothing was sent\. .*--base-url/,
  );
  expect(stderr).not.toContain("attempts");
});

test("a proxy in the environment that Node does not use is named", async () => {
  hideHost();
  const args = ["view", "vips"];
  const proxy = { HTTPS_PROXY: "http://proxy.invalid:8080" };
  const note =
    "HTTPS_PROXY is set, but Node uses it only with NODE_USE_ENV_PROXY=1, from Node 22.21 and 24 on.\n";
  expect((await runCli(args, { env: { ...KEYS, ...proxy } })).stderr).toContain(note);
  const used = await runCli(args, { env: { ...KEYS, ...proxy, NODE_USE_ENV_PROXY: "1" } });
  expect(used.stderr).not.toContain("HTTPS_PROXY");
});
