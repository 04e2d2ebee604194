import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { dirname } from "node:path";
import { OWNER_ONLY } from "./files.ts";

/** What this and the snapshots need of a file system. Tests pass one that fails. */
export type Disk = Pick<
  typeof fs,
  "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm" | "rmdir" | "writeFile"
>;

/** Writes a file that is there as a whole or not at all, also after a loss of power: written beside its place, then moved there. */
export async function writeDurably(path: string, text: string, disk: Disk = fs): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    const file = await disk.open(temporary, "wx", OWNER_ONLY);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path), disk);
}

/** Makes the names in a folder durable: new, moved and removed ones. */
export async function syncFolder(path: string, disk: Disk = fs): Promise<void> {
  // Windows opens no folder, and needs none of this.
  if (process.platform === "win32") return;
  const folder = await disk.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
