// The program as it is published: built when a source is newer than it.

import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/main.mjs");
const outputs = [program, join(root, "dist/index.mjs"), join(root, "dist/testing.mjs")];
const sources = ["src", "generated", "tsdown.config.ts", "package.json"];
/** Test files run side by side, and one of them builds. */
const lock = join(tmpdir(), `batch-audiences-build-${Buffer.from(root).toString("hex").slice(-60)}`);

export async function builtProgram(): Promise<string> {
  while (!isFresh()) {
    try {
      mkdirSync(lock);
    } catch {
      await sleep(50);
      continue;
    }
    try {
      if (!isFresh()) await promisify(execFile)("npx", ["tsdown"], { cwd: root });
    } finally {
      rmSync(lock, { recursive: true });
    }
  }
  return program;
}

function isFresh(): boolean {
  const built = outputs.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.min(...built) >= Math.max(...sources.map((source) => newest(join(root, source))));
}

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
