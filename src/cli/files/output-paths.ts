import { fstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../cli-errors.ts";
import type { Input } from "../input/find-inputs.ts";
import type { World } from "../world.ts";
import { checkWritable } from "./atomic-file.ts";

/** Throws a `UsageError` for an output that is an input, that is another output, or that cannot be written. */
export function checkOutputPaths(
  paths: Readonly<Record<string, string | undefined>>,
  inputs: readonly Input[],
  { stdin, stdout, stderr }: World,
): void {
  const read = new Set(inputs.map(({ path }) => (path === "-" ? identityOfStream(stdin) : identityOf(path))));
  const written = new Set([identityOfStream(stdout), identityOfStream(stderr)]);
  for (const [option, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    if (path === "-") throw new UsageError(`--${option} -: name a file, standard output is for the result`);
    const identity = identityOf(path);
    if (identity === undefined) continue;
    if (read.has(identity)) throw new UsageError(`--${option} ${path}: is an input too`);
    if (written.has(identity)) throw new UsageError(`--${option} ${path}: is written to by another option`);
    written.add(identity);
  }
  for (const [option, path] of Object.entries(paths)) {
    if (path !== undefined) checkWritable(`--${option}`, path);
  }
}

/** The same for every name of a file. Devices and pipes have none: several may write to them. */
function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return join(realpathSync(dirname(path)), basename(path));
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    // A folder that is not there: writing to it says so.
    return undefined;
  }
}

function identityOfStream({ fd }: { fd?: number }): string | undefined {
  if (fd === undefined) return undefined;
  const stats = fstatSync(fd, { bigint: true });
  return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
}
