import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { systemReason, UsageError } from "../cli-errors.ts";

const WRITE_AT_ONCE = 64 * 1024;
/** The files hold ids of persons. */
export const OWNER_ONLY = 0o600;

/** A file that appears as a whole or not at all: written beside its place, then moved there. */
export class AtomicFile {
  /** Where it will be: not a link, which has to stay. */
  readonly #target: string;
  /** A device or a pipe has none: it must not be replaced. */
  readonly #temporary: string | undefined;
  readonly #file: number;
  #unwritten = "";

  constructor(path: string) {
    const existing = statSync(path, { throwIfNoEntry: false });
    this.#target = existing?.isFile() ? realpathSync(path) : path;
    if (existing !== undefined && !existing.isFile()) {
      this.#file = openSync(path, "w");
      return;
    }
    // A file that may not be written must not be replaced either.
    if (existing !== undefined) accessSync(path, constants.W_OK);
    // A name that nobody can guess, for a file that did not exist before: nothing else is overwritten.
    const name = `.batch-audiences-${randomBytes(8).toString("hex")}.tmp`;
    this.#temporary = join(dirname(this.#target), name);
    this.#file = openSync(this.#temporary, "wx", OWNER_ONLY);
    if (existing !== undefined) fchmodSync(this.#file, existing.mode & 0o777);
    process.once("exit", this.#removeTemporary);
  }

  write(text: string): void {
    this.#unwritten += text;
    if (this.#unwritten.length >= WRITE_AT_ONCE) this.#flush();
  }

  /** Moves it to its place. Where that fails, nothing is left of it. */
  commit(): void {
    try {
      this.#flush();
      if (this.#temporary === undefined) return;
      fsyncSync(this.#file);
      renameSync(this.#temporary, this.#target);
    } finally {
      this.discard();
    }
  }

  /** Leaves what was there before. */
  discard(): void {
    closeSync(this.#file);
    this.#removeTemporary();
    process.removeListener("exit", this.#removeTemporary);
  }

  readonly #removeTemporary = (): void => {
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  };

  #flush(): void {
    const bytes = Buffer.from(this.#unwritten);
    // One call may write only a part.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#unwritten = "";
  }
}

export function writeAtomically(path: string, text: string): void {
  const file = new AtomicFile(path);
  try {
    file.write(text);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.commit();
}

/** Whether it is a device or a pipe, which is written to in its place. */
export function isSpecialFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Throws a `UsageError` for a file that cannot be written: at the start, not hours later. */
export function checkWritable(option: string, path: string): void {
  try {
    // To open a pipe would wait for its reader.
    if (isSpecialFile(path)) accessSync(path, constants.W_OK);
    else new AtomicFile(path).discard();
  } catch (error) {
    throw cannotWrite(option, path, error);
  }
}

export function cannotWrite(option: string, path: string, error: unknown): UsageError {
  return new UsageError(`${option} ${path}: cannot be written: ${systemReason(error)}`, { cause: error });
}
