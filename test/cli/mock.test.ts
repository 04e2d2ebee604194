import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtProgram } from "./built.ts";
import { createFolder, type Folder, run } from "./program.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("ids.csv", "id,action,age:number,date(joined)\n1,add,30,2026-01-01T00:00:00Z\n2,remove,,\n");
});
afterAll(() => folder.remove());

test("--mock needs no keys: update, wait and view answer from the API's document", async () => {
  const options = { cwd: folder.path, env: {} };
  const [update, view] = await Promise.all([
    run(["update", "vips", "ids.csv", "--mock", "--wait", "--json"], options),
    run(["view", "vips", "--mock"], options),
  ]);
  expect(update).toMatchObject({ exitCode: 0, stderr: "Starting the mock API. Nothing is sent to Batch.\n" });
  expect(JSON.parse(update.stdout)).toMatchObject({ accepted: 2, requests: 1 });
  expect(view).toMatchObject({ exitCode: 0 });
  expect(view.stdout).toMatch(/^vips\n\n[\s\S]* indexing_state {2}APPLIED\n/);
});

test("where the mock is not installed, --mock says what to install", async () => {
  const dist = dirname(dirname(await builtProgram()));
  const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
  cpSync(dist, folder.file("package/dist"), { recursive: true });
  mkdirSync(folder.file("package/node_modules"));
  for (const name of ["openapi-fetch", "openapi-typescript-helpers"]) {
    symlinkSync(join(modules, name), folder.file(`package/node_modules/${name}`));
  }
  const program = folder.file("package/dist/cli/main.mjs");
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, "view", "vips", "--mock"], (error, _, text) => {
      resolve({ code: error?.code, stderr: text });
    });
  });
  expect(code).toBe(2);
  expect(stderr).toContain(
    "error: --mock needs Prism, which is not installed: npm install @stoplight/prism-cli@5.14.2\n",
  );
});

test("--mock and --base-url contradict each other", async () => {
  const args = ["view", "vips", "--mock", "--base-url", "http://127.0.0.1:1"];
  expect(await run(args, { cwd: folder.path, env: {} })).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: --mock and --base-url name two servers, give one of them\n",
  });
});
