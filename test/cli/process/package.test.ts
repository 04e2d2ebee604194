import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { createFolder, type Folder } from "../../support/cli.ts";
import { runProcess } from "../../support/cli-process.ts";

let folder: Folder;

beforeAll(() => {
  folder = createFolder();
  folder.write("ids.csv", "id,action\n1,add\n");
});
afterAll(() => folder.remove());

test("the package has all that the program needs: version, library and mock", async () => {
  const options = { cwd: folder.path, env: {} };
  expect(await runProcess(["--version"], options)).toMatchObject({ stdout: `${packageJson.version}\n` });
  const args = ["update", "vips", "ids.csv", "--mock", "--quiet"];
  expect(await runProcess(args, options)).toMatchObject({ exitCode: 0, stderr: "" });
});
