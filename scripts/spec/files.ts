import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SpecError } from "./spec-error.ts";

/** Paths from the root of the project. */
export const documentPath = "openapi/audiences-update.json";
export const provenancePath = "openapi/provenance.json";
export const overlayPath = "openapi/overlay.yaml";

export async function read(root: string, path: string): Promise<string> {
  const text = await readIfThere(root, path);
  if (text === undefined)
    throw new SpecError(`${path} is missing. Restore it with \`git checkout ${path}\`.`);
  return text;
}

export async function readIfThere(root: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Writes all files under another name first and renames them at the end: a full disk leaves the old files whole. */
export async function writeAll(root: string, files: Record<string, string>): Promise<void> {
  const writes = Object.entries(files).map(([path, text]) => {
    return { text, target: join(root, path), temporary: join(root, `${path}.new`) };
  });
  try {
    for (const { text, target, temporary } of writes) {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(temporary, text);
    }
    for (const { target, temporary } of writes) await rename(temporary, target);
  } finally {
    for (const { temporary } of writes) await rm(temporary, { force: true, recursive: true });
  }
}
