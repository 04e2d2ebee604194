import type { ActionIssue } from "../../index.ts";
import { placeText } from "../cli-errors.ts";
import type { RejectedFile } from "../files/rejected-file.ts";
import { asRow, ORIGIN, type Origin, type Problem, type Row } from "../input/row.ts";
import { quote } from "./format.ts";

/** Rejections that differ in their place only. */
interface RejectedKind {
  /** Of the first. */
  place: string;
  reason: string;
  count: number;
}

const KINDS_SHOWN = 10;

/** Why records were rejected: the first kinds of it for people, all of it for `--rejected`. */
export class Rejections {
  readonly #file: RejectedFile | undefined;
  readonly #kinds = new Map<string, RejectedKind>();
  #others = 0;

  constructor(file: RejectedFile | undefined) {
    this.#file = file;
  }

  /** What to show of those since the last call. `others` are of kinds that are not shown. */
  takeKinds(): { kinds: RejectedKind[]; others: number } {
    const taken = { kinds: [...this.#kinds.values()], others: this.#others };
    this.#kinds.clear();
    this.#others = 0;
    return taken;
  }

  /** The library rejected a row, or the API refused an action. */
  add(issue: ActionIssue, record: unknown): void {
    const row = asRow(record);
    if (row === undefined) this.#addRefused(issue);
    else {
      const origin = row[ORIGIN];
      const column = issue.path === "" ? undefined : origin.nameOf(issue.path);
      this.#addRow(origin, issue.index, origin.problem ?? { column, reason: issue.reason });
    }
  }

  /** A row that the library did not see. */
  addUnreadable(row: Row, index: number): void {
    const origin = row[ORIGIN];
    if (origin.problem !== undefined) this.#addRow(origin, index, origin.problem);
  }

  #addRow(origin: Origin, index: number, { column, reason }: Problem): void {
    const { file, line } = origin;
    const label = typeof column === "string" ? column : "";
    this.#count(placeText({ file, line, column }), label, reason);
    const labelled = label === "" ? reason : `${label}: ${reason}`;
    this.#file?.add({ file, line, index, reason: labelled, record: origin.recordJson() });
  }

  #addRefused({ index, id, reason }: ActionIssue): void {
    this.#count(`record ${index + 1}${id === undefined ? "" : `, id ${quote(id)}`}`, "", reason);
    this.#file?.add({ index, ...(id === undefined ? {} : { id }), reason });
  }

  #count(place: string, column: string, reason: string): void {
    const key = `${column}\n${reason}`;
    const kind = this.#kinds.get(key);
    if (kind !== undefined) kind.count++;
    else if (this.#kinds.size === KINDS_SHOWN) this.#others++;
    else this.#kinds.set(key, { place, reason, count: 1 });
  }
}
