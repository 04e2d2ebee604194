import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { systemReason, UsageError } from "../cli-errors.ts";

const WRITE_AT_ONCE = 64 * 1024;

/** A file that appears as a whole or not at all: written beside its place, then moved there. */
export class AtomicFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: number;
  #unwritten = "";

  constructor(path: string) {
    this.path = path;
    // A device or a pipe must not be replaced by a file.
    const stats = statSync(path, { throwIfNoEntry: false });
    this.#temporary = stats === undefined || stats.isFile() ? `${path}.tmp` : path;
    this.#file = openSync(this.#temporary, "w");
  }

  write(text: string): void {
    this.#unwritten += text;
    if (this.#unwritten.length >= WRITE_AT_ONCE) this.#flush();
  }

  /** Moves it to its place. */
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
    writeAll(this.#file, this.#unwritten);
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

/** One call may write only a part. */
export function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

export function cannotWrite(option: string, path: string, error: unknown): UsageError {
  return new UsageError(`${option} ${path}: cannot be written: ${systemReason(error)}`, { cause: error });
}
