import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { ActionIssue } from "../index.ts";
import { placeText, systemReason, UsageError } from "./errors.ts";
import type { Located } from "./reader.ts";
import { cannotWrite, writeWhole } from "./whole-file.ts";

/** A line of the file. What the API refused after it was read is known by its index and id only. */
interface Entry {
  file?: string;
  line?: number;
  index: number;
  id?: string;
  reason: string;
  record?: unknown;
}

/** Rejections of one kind, for people. */
export interface RejectedKind {
  /** Of the first. */
  place: string;
  reason: string;
  count: number;
}

const KINDS_SHOWN = 10;
const WRITE_AT_ONCE = 64 * 1024;

/** Gathers why records are not sent: the first kinds of it to be shown, all of it for the file. */
export class Rejected {
  readonly kinds: RejectedKind[] = [];
  /** Index of the first that the API refused. */
  firstRefused: number | undefined;
  /** Issues of kinds that are not shown. */
  others = 0;
  readonly #kindOf = new Map<string, RejectedKind>();
  readonly #file: number | undefined;
  #waiting = "";
  #entry: Entry | undefined;

  /** Keeps what an earlier run has rejected before the record from which this one goes on. */
  constructor(path: string | undefined, resumedAt: number) {
    if (path === undefined) return;
    const kept = resumedAt === 0 ? "" : keep(path, resumedAt);
    try {
      writeWhole(path, kept);
      this.#file = openSync(path, "a");
    } catch (error) {
      throw cannotWrite("--rejected", path, error);
    }
  }

  /** `current` is the record that is being checked, if any. */
  add(issue: ActionIssue, current: Located | undefined): void {
    const { index, id } = issue;
    const located = current?.index === index ? current : undefined;
    if (located === undefined) {
      this.firstRefused = Math.min(index, this.firstRefused ?? index);
      this.#show(
        `record ${index + 1}${id === undefined ? "" : `, id ${JSON.stringify(id.slice(0, 60))}`}`,
        "",
        issue.reason,
      );
      this.#put({ index, ...(id === undefined ? {} : { id }), reason: issue.reason });
      return;
    }
    const { row, input } = located;
    const column = row.problem?.column ?? columnOf(issue.path, input.format !== "ndjson");
    const reason = row.problem?.reason ?? issue.reason;
    const label = typeof column === "string" ? column : "";
    this.#show(placeText({ file: input.name, line: row.line, column }), label, reason);
    this.#put({
      file: input.name,
      line: row.line,
      index,
      reason: label === "" ? reason : `${label}: ${reason}`,
      record: row.record,
    });
  }

  /** Puts on the disk what a run that resumes will not meet again. Throws where that fails. */
  flush(): void {
    if (this.#entry !== undefined) this.#waiting += `${JSON.stringify(this.#entry)}\n`;
    this.#entry = undefined;
    if (this.#file === undefined) return;
    const bytes = Buffer.from(this.#waiting);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    // Only now: what could not be written is tried again, and missed by nobody in silence.
    this.#waiting = "";
  }

  /** Throws where the file cannot be written. */
  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #show(place: string, column: string, reason: string): void {
    const key = `${column}\n${reason}`;
    const kind = this.#kindOf.get(key);
    if (kind !== undefined) kind.count++;
    else if (this.kinds.length === KINDS_SHOWN) this.others++;
    else {
      const first = { place, reason, count: 1 };
      this.#kindOf.set(key, first);
      this.kinds.push(first);
    }
  }

  /** All issues of a record make one line. */
  #put(entry: Entry): void {
    if (this.#file === undefined) return;
    if (this.#entry?.index === entry.index) {
      this.#entry.reason += `; ${entry.reason}`;
      return;
    }
    if (this.#entry !== undefined) this.#waiting += `${JSON.stringify(this.#entry)}\n`;
    if (this.#waiting.length >= WRITE_AT_ONCE) this.flush();
    this.#entry = entry;
  }
}

function columnOf(path: string, isTable: boolean): string | undefined {
  if (path === "") return undefined;
  return isTable ? `column ${JSON.stringify(path.replace(/^attributes\./, ""))}` : path;
}

function keep(path: string, before: number): string {
  try {
    // A run that was killed may have left half a line at the end.
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines
      .filter((line) => (JSON.parse(line) as Entry).index < before)
      .map((line) => `${line}\n`)
      .join("");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new UsageError(
      `--rejected ${path}: what an earlier run wrote cannot be read: ${systemReason(error)}`,
    );
  }
}
