import { basename, join } from "node:path";
import { build } from "tsdown";

/** Bundles a program of a test into the folder, so that a process of its own starts fast. Returns its path. */
export async function buildProgram(entry: string, folder: string): Promise<string> {
  await build({
    entry: [entry],
    outDir: folder,
    noExternal: [/./],
    dts: false,
    config: false,
    logLevel: "silent",
  });
  return join(folder, `${basename(entry, ".ts")}.mjs`);
}
