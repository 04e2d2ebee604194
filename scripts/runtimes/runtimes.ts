/** The runtimes that the packed package is tried in, and how each is started. */

import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { inBrowser } from "./browser.ts";

/** The empty project, with the package and the scenario in it. */
type Folder = string;

export interface Runtime {
  name: string;
  version: string;
  /** Why it cannot be tried here. */
  missing?: string;
  /** What the scenario prints. */
  run(folder: Folder): Promise<string>;
  /** What the command line prints for these arguments, where it can run. */
  runCommand?(folder: Folder, args: string[]): Promise<string>;
}

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"];
const PROGRAM = "node_modules/batch-audiences/dist/cli/main.mjs";
const chromium = CHROMIUM.find(existsSync);

const thisNode = startedBy("Node", process.versions.node, [process.execPath]);

/** The rows of the README's table, in its order. */
export const runtimes: Runtime[] = [
  ...["20.20.2", "22.23.3", "24.9.0", "26.9.0"].map((version) =>
    version === thisNode.version ? thisNode : startedBy("Node", version, ["npx", "-y", `node@${version}`]),
  ),
  startedBy("Bun", "1.4.5", ["npx", "-y", "bun@1.4.5", "run"]),
  startedBy("Deno", "2.9.6", ["npx", "-y", "deno@2.9.6", "run", "--allow-all", "--no-lock"]),
  { name: "workerd", version: versionOf("workerd"), run: inWorkerd },
  {
    name: "Chromium",
    version: chromium === undefined ? "" : await versionPrintedBy(chromium),
    ...(chromium === undefined && { missing: `none of ${CHROMIUM.join(", ")} is there` }),
    run: async (folder) => inBrowser(chromium!, await bundle(folder, "result.mjs")),
  },
];

/** What `npm test` has: the Node that it runs on, also if that is none of the above, and the runtime furthest from it. */
export const quickRuntimes = [thisNode, ...runtimes.filter(({ name }) => name === "workerd")];

function startedBy(name: string, version: string, command: string[]): Runtime {
  const run = (folder: Folder, args: string[]): Promise<string> => execute(folder, [...command, ...args]);
  return {
    name,
    version,
    run: (folder) => run(folder, ["result.mjs"]),
    runCommand: (folder, args) => run(folder, [PROGRAM, ...args]),
  };
}

/** As a worker is deployed: one bundle without anything of Node. */
async function inWorkerd(folder: Folder): Promise<string> {
  writeFileSync(join(folder, "worker.mjs"), await bundle(folder, "worker-entry.mjs"));
  writeFileSync(join(folder, "worker.capnp"), WORKER);
  const program = fileURLToPath(new URL("../../node_modules/.bin/workerd", import.meta.url));
  return execute(folder, [program, "test", "worker.capnp"]);
}

const WORKER = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-01-01",
))]);
`;

async function bundle(folder: Folder, entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text;
}

async function execute(cwd: Folder, [command, ...args]: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command!, args, { cwd, timeout: 120_000 });
  return stdout + stderr;
}

function versionOf(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

async function versionPrintedBy(program: string): Promise<string> {
  return /\d[\d.]*/.exec(await execute(".", [program, "--version"]))![0];
}
