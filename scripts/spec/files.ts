import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SpecError } from "./spec-error.ts";

/** Where things are, below the root of the project. */
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

/** Writes every file beside its place and only then moves them in, so that a full disk leaves the old ones whole. */
export async function writeAll(root: string, files: Record<string, string>): Promise<void> {
  const moves = Object.entries(files).map(([path, text]) => {
    return { text, place: join(root, path), beside: join(root, `${path}.new`) };
  });
  try {
    for (const { text, place, beside } of moves) {
      await mkdir(dirname(place), { recursive: true });
      await writeFile(beside, text);
    }
    for (const { place, beside } of moves) await rename(beside, place);
  } finally {
    for (const { beside } of moves) await rm(beside, { force: true, recursive: true });
  }
}
