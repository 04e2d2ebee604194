import { resolve } from "node:path";
import { ConfigurationError, type Spill } from "../index.ts";
import { type Files, systemFiles } from "./files.ts";
import { SpillFolder } from "./spill-folder.ts";
import { SpillingReader } from "./spilling-reader.ts";

/**
 * A folder for what does not fit memory: pass it as `spill` to `update` or `replace`. It is made when it is first needed, for its
 * owner only, and removed when the run has ended well. One run at a time can use it.
 */
export function directory(path: string): Spill {
  return createDirectory(path, systemFiles);
}

/** Like `directory`, with the file system injected. */
export function createDirectory(path: string, files: Files): Spill {
  if (typeof path !== "string" || path === "") {
    throw new ConfigurationError(
      "path",
      "the path of a directory",
      path === "" ? "an empty string" : typeof path,
    );
  }
  // A program may change its folder later.
  const absolute = resolve(path);
  return { open: (run) => new SpillingReader(run, new SpillFolder(absolute, run, files)) };
}
