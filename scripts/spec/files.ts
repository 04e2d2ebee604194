import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reasonOf, SpecError } from "./spec-error.ts";

/** Paths from the root of the project. */
export const provenancePath = "openapi/provenance.json";
export const overlayPath = "openapi/overlay.yaml";
export const mergedPath = "generated/openapi.json";

export async function read(root: string, path: string): Promise<string> {
  const text = await readIfThere(root, path);
  if (text === undefined) throw unusable(path, "is missing");
  return text;
}

export async function readJson(root: string, path: string): Promise<unknown> {
  const text = await read(root, path);
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw unusable(path, `is broken JSON: ${reasonOf(thrown)}`);
  }
}

/** The error for a file of the project that cannot be used as it is. */
export function unusable(path: string, why: string): SpecError {
  return new SpecError(`${path} ${why}. Restore it with \`git checkout ${path}\`.`);
}

export async function readIfThere(root: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

/**
 * Writes all files under another name first and renames them at the end: a full disk leaves the old files whole. Then
 * removes those that are obsolete.
 */
export async function writeAll(
  root: string,
  files: Record<string, string>,
  obsolete: string[] = [],
): Promise<void> {
  const writes = Object.entries(files).map(([path, text]) => {
    return { text, target: join(root, path), temporary: join(root, `${path}.new`) };
  });
  try {
    for (const { text, target, temporary } of writes) {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(temporary, text);
    }
    for (const { target, temporary } of writes) await rename(temporary, target);
    for (const path of obsolete) await rm(join(root, path), { force: true });
  } finally {
    for (const { temporary } of writes) await rm(temporary, { force: true, recursive: true });
  }
}
