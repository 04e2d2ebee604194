// The system's disk, at once: virtual time does not wait for a real one.

import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import type { Disk } from "../../src/node/durable-file.ts";
import { type Files, systemFiles } from "../../src/node/files.ts";

export const instantFiles: Files = {
  ...systemFiles,
  read: async (...args) => systemFiles.readNow(...args),
  sync: async () => {},
};

/** What a spill needs of it. */
export const instantDisk: Disk = {
  ...fs,
  open: async (path, flags, mode) => {
    const file = openSync(path as string, flags ?? "r", mode);
    return {
      writeFile: async (text: string) => void writeSync(file, text),
      sync: async () => {},
      close: async () => closeSync(file),
    } as unknown as FileHandle;
  },
  rename: async (from, to) => renameSync(from, to),
  rm: async (path, options) => rmSync(path, options),
};
