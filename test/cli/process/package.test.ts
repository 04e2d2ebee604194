import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { createFolder, type Folder } from "../../support/cli.ts";
import { builtProgram } from "../../support/cli-build.ts";
import { runProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("ids.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("the package has all that the program needs: version, library, and document for the mock", async () => {
  const options = { cwd: folder.path, env: {} };
  expect(await runProcess(["--version"], options)).toMatchObject({ stdout: `${packageJson.version}\n` });
  const args = ["update", "vips", "ids.csv", "--mock", "--quiet"];
  expect(await runProcess(args, options)).toMatchObject({ exitCode: 0, stderr: "" });
});

test("where the mock server is not installed, --mock says what to install", async () => {
  const dist = dirname(dirname(await builtProgram()));
  const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  cpSync(dist, folder.file("package/dist"), { recursive: true });
  cpSync(join(dist, "../package.json"), folder.file("package/package.json"));
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
