/** The package as a user gets it: packed, and installed into an empty project. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Project {
  folder: string;
  remove(): void;
}

/** Further packages are written as npm takes them, such as "alias@npm:name@1.2.3". */
export function installPacked(...packages: string[]): Project {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  const [packed] = JSON.parse(
    npm(ROOT, "pack", "--ignore-scripts", "--json", "--pack-destination", folder),
  ) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(folder, "install", "--ignore-scripts", "--prefer-offline", `./${packed.filename}`, ...packages);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** What can be imported: "batch-audiences", "batch-audiences/node" and so on. */
export function entries({ folder }: Project): string[] {
  const manifest = JSON.parse(
    readFileSync(join(folder, "node_modules/batch-audiences/package.json"), "utf8"),
  ) as { name: string; exports: Record<string, unknown> };
  return Object.keys(manifest.exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => manifest.name + path.slice(1));
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel", "error"], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
