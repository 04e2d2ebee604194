/** What the package weighs: measured by the benchmark, and kept within bounds by `scripts/check-size.ts`. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What a bundler ships for `import { createAudienceClient }` from the built package, openapi-fetch included, in bytes. */
export async function bundle(): Promise<{ minified: number; brotli: number }> {
  const { outputFiles } = await build({
    stdin: { contents: 'export { createAudienceClient } from "./dist/index.mjs";', resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const [{ contents }] = outputFiles as [(typeof outputFiles)[number]];
  return { minified: contents.length, brotli: brotliCompressSync(contents).length };
}

/** What `npm install batch-audiences` puts on the disk. */
export function installation(): { packages: string[]; bytes: number } {
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ) as [{ name: string; unpackedSize: number }];
  const packages = new Set<string>();
  addDependencies(ROOT, packages);
  return {
    packages: [packed.name, ...packages],
    bytes: [...packages].reduce((sum, name) => sum + sizeOf(folderOf(name)), packed.unpackedSize),
  };
}

function addDependencies(folder: string, packages: Set<string>): void {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (packages.has(name)) continue;
    packages.add(name);
    addDependencies(folderOf(name), packages);
  }
}

function folderOf(name: string): string {
  return `${ROOT}node_modules/${name}`;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => statSync(`${folder}/${path}`))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
