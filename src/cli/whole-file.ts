import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { systemReason, UsageError } from "./errors.ts";

const WRITE_AT_ONCE = 64 * 1024;

/** A file that appears whole or not at all: written beside its place, then moved there. */
export class WholeFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: number;
  #waiting = "";

  constructor(path: string) {
    this.path = path;
    // A device or a pipe must not be replaced by a file.
    const stats = statSync(path, { throwIfNoEntry: false });
    this.#temporary = stats === undefined || stats.isFile() ? `${path}.tmp` : path;
    this.#file = openSync(this.#temporary, "w");
  }

  write(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= WRITE_AT_ONCE) this.#flush();
  }

  /** Puts it in its place. */
  commit(): void {
    try {
      this.#flush();
      if (this.#temporary !== this.path) fsyncSync(this.#file);
    } catch (error) {
      this.discard();
      throw error;
    }
    closeSync(this.#file);
    if (this.#temporary !== this.path) renameSync(this.#temporary, this.path);
  }

  discard(): void {
    closeSync(this.#file);
    if (this.#temporary !== this.path) rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }
}

/** The same for a text that is at hand. */
export function writeWhole(path: string, text: string): void {
  const file = new WholeFile(path);
  try {
    file.write(text);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.commit();
}

export function cannotWrite(flag: string, path: string, error: unknown): UsageError {
  return new UsageError(`${flag} ${path}: cannot be written: ${systemReason(error)}`, { cause: error });
}
