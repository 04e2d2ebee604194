import fs from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigurationError, type Spill } from "../index.ts";
import type { SnapshotStore } from "../mirror/index.ts";
import type { SpillRun } from "../window/spill.ts";
import type { Disk } from "./durable-file.ts";
import { type Files, systemFiles } from "./files.ts";
import { SnapshotDirectory } from "./snapshot-directory.ts";
import { SpillFolder } from "./spill-folder.ts";
import { SpillingReader } from "./spilling-reader.ts";

/**
 * A folder, for its owner only, that one run at a time can use. Pass it as `spill` to `update` or `replace` for what does not fit
 * memory: it is made when it is first needed, and removed when the run has ended well. Pass it as `state` to `mirror`: it then holds
 * what the audience held after the last run, and stays.
 */
export function directory(path: string): Spill & SnapshotStore {
  return createDirectory(path, systemFiles);
}

/** Like `directory`, with the file system injected. */
export function createDirectory(path: string, files: Files, disk: Disk = fs): Spill & SnapshotStore {
  if (typeof path !== "string" || path === "") {
    throw new ConfigurationError(
      "path",
      "the path of a directory",
      path === "" ? "an empty string" : typeof path,
    );
  }
  // A program may change its folder later.
  const absolute = resolve(path);
  return Object.assign(new SnapshotDirectory(absolute, disk), {
    openWindows: (run: SpillRun) => new SpillingReader(run, new SpillFolder(absolute, run, files, disk)),
  });
}
