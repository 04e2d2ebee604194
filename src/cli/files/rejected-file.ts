import { closeSync, openSync, readFileSync } from "node:fs";
import { systemReason, UsageError } from "../cli-errors.ts";
import { cannotWrite, writeAll, writeAtomically } from "./atomic-file.ts";

/** A rejected record. What the API refused after it was read is known by its index and id only. */
export interface RejectedEntry {
  file?: string;
  line?: number;
  /** Position in all inputs, from 0. */
  index: number;
  id?: string;
  reason: string;
  record?: unknown;
}

const WRITE_AT_ONCE = 64 * 1024;

/** The rejected records as NDJSON, one line for each. */
export class RejectedFile {
  readonly #file: number;
  #unwritten = "";
  #last: RejectedEntry | undefined;

  /** Retains what an earlier run rejected before the record at which this one resumes. */
  constructor(path: string, resumedAt: number) {
    const retained = resumedAt === 0 ? "" : entriesBefore(resumedAt, path);
    try {
      writeAtomically(path, retained);
      this.#file = openSync(path, "a");
    } catch (error) {
      throw cannotWrite("--rejected", path, error);
    }
  }

  /** Entries of one record become one line. */
  add(entry: RejectedEntry): void {
    if (this.#last?.index === entry.index) {
      this.#last.reason += `; ${entry.reason}`;
      return;
    }
    this.#endEntry();
    if (this.#unwritten.length >= WRITE_AT_ONCE) this.flush();
    this.#last = entry;
  }

  /** Puts everything on the disk: a run that resumes does not meet these records again. */
  flush(): void {
    this.#endEntry();
    writeAll(this.#file, this.#unwritten);
    // Only now: what could not be written is tried again.
    this.#unwritten = "";
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  #endEntry(): void {
    if (this.#last !== undefined) this.#unwritten += `${JSON.stringify(this.#last)}\n`;
    this.#last = undefined;
  }
}

function entriesBefore(index: number, path: string): string {
  try {
    // A run that was killed may have left a part of a line at the end.
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines
      .filter((line) => (JSON.parse(line) as RejectedEntry).index < index)
      .map((line) => `${line}\n`)
      .join("");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new UsageError(
      `--rejected ${path}: what an earlier run wrote cannot be read: ${systemReason(error)}`,
    );
  }
}
