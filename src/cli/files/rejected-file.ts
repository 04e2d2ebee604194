import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { systemReason, UsageError } from "../cli-errors.ts";
import { checkWritable, isSpecialFile, writeAtomically } from "./atomic-file.ts";

/** A rejected record. What the API refused after it was read is known by its index and id only. */
export interface RejectedEntry {
  file?: string;
  line?: number;
  /** Position in all inputs, from 0. */
  index: number;
  id?: string;
  reason: string;
  /** The record in JSON. */
  record?: string;
}

const WRITE_AT_ONCE = 64 * 1024;

/** The rejected records as NDJSON, one line for each. The file of an earlier run stays until there is something to write. */
export class RejectedFile {
  readonly #path: string;
  #file: number | undefined;
  #text: string;
  /** What is left of a text that could only be written in part. */
  #pending: Buffer = Buffer.alloc(0);
  #last: RejectedEntry | undefined;
  #flushAt = WRITE_AT_ONCE;

  /** Retains what an earlier run rejected before the record at which this one resumes. */
  constructor(path: string, resumedAt: number) {
    this.#path = path;
    checkWritable("--rejected", path);
    if (isSpecialFile(path)) this.#file = openSync(path, "a");
    this.#text = resumedAt === 0 || this.#file !== undefined ? "" : entriesBefore(resumedAt, path);
  }

  /** Entries of one record become one line. */
  add(entry: RejectedEntry): void {
    if (this.#last?.index === entry.index) {
      this.#last.reason += `; ${entry.reason}`;
      return;
    }
    this.#endEntry();
    if (this.#text.length >= this.#flushAt) this.#tryFlush();
    this.#last = entry;
  }

  #tryFlush(): void {
    try {
      this.flush();
      this.#flushAt = WRITE_AT_ONCE;
    } catch {
      // Delivery matters more. It is tried again, ever more seldom; at the latest, closing the file fails.
      this.#flushAt = 2 * (this.#text.length + this.#pending.length);
    }
  }

  /** Puts everything on the disk: a run that resumes does not meet these records again. */
  flush(): void {
    this.#endEntry();
    if (this.#file === undefined) {
      writeAtomically(this.#path, this.#text);
      this.#text = "";
      this.#file = openSync(this.#path, "a");
      return;
    }
    this.#pending = Buffer.concat([this.#pending, Buffer.from(this.#text)]);
    this.#text = "";
    while (this.#pending.length > 0) {
      this.#pending = this.#pending.subarray(writeSync(this.#file, this.#pending));
    }
  }

  /** A run that is not complete and rejected nothing says nothing about its input. */
  close(isComplete: boolean): void {
    this.#endEntry();
    if (isComplete || this.#file !== undefined || this.#text !== "") this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #endEntry(): void {
    if (this.#last !== undefined) this.#text += `${lineOf(this.#last)}\n`;
    this.#last = undefined;
  }
}

function lineOf({ record, ...about }: RejectedEntry): string {
  const json = JSON.stringify(about);
  return record === undefined ? json : `${json.slice(0, -1)},"record":${record}}`;
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
