import { readFileSync } from "node:fs";
import type { ActionIssue } from "../index.ts";
import { placeText, systemReason, UsageError } from "./errors.ts";
import type { Located } from "./reader.ts";
import { cannotWrite, WholeFile } from "./whole-file.ts";

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

/** Gathers why records are not sent: the first kinds of it to be shown, all of it for the file. */
export class Rejected {
  readonly kinds: RejectedKind[] = [];
  /** Index of the first that the API refused. */
  firstRefused: number | undefined;
  /** Issues of kinds that are not shown. */
  others = 0;
  readonly #kindOf = new Map<string, RejectedKind>();
  readonly #file: WholeFile | undefined;
  #entry: Entry | undefined;

  /** Keeps what an earlier run has rejected before the record from which this one goes on. */
  constructor(path: string | undefined, resumedAt: number) {
    if (path === undefined) return;
    const kept = resumedAt === 0 ? "" : keep(path, resumedAt);
    try {
      this.#file = new WholeFile(path);
      this.#file.write(kept);
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

  /** Throws where the file cannot be written. */
  close(): void {
    this.#flush();
    this.#file?.commit();
  }

  discard(): void {
    this.#file?.discard();
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
    if (this.#entry?.index === entry.index) this.#entry.reason += `; ${entry.reason}`;
    else {
      this.#flush();
      this.#entry = entry;
    }
  }

  #flush(): void {
    if (this.#entry !== undefined) this.#file?.write(`${JSON.stringify(this.#entry)}\n`);
    this.#entry = undefined;
  }
}

function columnOf(path: string, isTable: boolean): string | undefined {
  if (path === "") return undefined;
  return isTable ? `column ${JSON.stringify(path.replace(/^attributes\./, ""))}` : path;
}

function keep(path: string, before: number): string {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines
      .filter((line) => line !== "" && (JSON.parse(line) as Entry).index < before)
      .map((line) => `${line}\n`)
      .join("");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new UsageError(
      `--rejected ${path}: what an earlier run wrote cannot be read: ${systemReason(error)}`,
    );
  }
}
