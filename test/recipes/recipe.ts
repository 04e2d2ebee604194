// The files of a recipe, written into a folder inside the package, where its own name resolves to what was built.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { blocksIn, readPage, root } from "../docs/pages.ts";

/** The folder is removed when the test ends. */
export function writeRecipe(path: string): string {
  const folder = mkdtempSync(join(root, "test/recipes/files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const { file, code } of blocksIn(readPage(path))) {
    if (file !== undefined) writeFileSync(join(folder, file), code, { mode: 0o755 });
  }
  return folder;
}

/** A program that stands in for one of the machine's, or for one of the package that is installed. */
export function writeProgram(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
