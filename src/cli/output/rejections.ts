import type { ActionIssue } from "../../index.ts";
import { placeText } from "../cli-errors.ts";
import type { RejectedFile } from "../files/rejected-file.ts";
import { quote } from "../format.ts";
import { asRow, ORIGIN, type Origin, type Problem, type Row } from "../input/row.ts";

/** Rejections that differ in their place only. */
interface RejectedKind {
  /** Of the first. */
  place: string;
  reason: string;
  count: number;
}

/** An issue, with its place in an input where that is known. */
export type PlacedIssue = ActionIssue & { file?: string; line?: number };

const KINDS_SHOWN = 10;
/** As many as the library lists. */
const ISSUES_LISTED = 100;

/** Why records were rejected: the first kinds for people, the first issues for programs, all of it for `--rejected`. */
export class Rejections {
  readonly #file: RejectedFile | undefined;
  readonly #kinds = new Map<string, RejectedKind>();
  readonly #issues: PlacedIssue[] = [];
  #others = 0;
  /** Index of the last row that is no action. */
  #lastUnreadable = -1;

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
    else if (row[ORIGIN].problem !== undefined) this.addUnreadable(row, issue.index);
    else {
      const origin = row[ORIGIN];
      const { file, line } = origin;
      const { path, reason } = issue;
      const column = path === "" ? undefined : origin.nameOf(path);
      this.#list({ file, line, ...issue });
      this.#addRow(origin, issue.index, { column, reason: reason + (origin.adviceOn?.(path, reason) ?? "") });
    }
  }

  /** A row that is no action. */
  addUnreadable(row: Row, index: number): void {
    const origin = row[ORIGIN];
    const { file, line, problem } = origin;
    // Where the library has two issues with a row, the input has one.
    if (problem === undefined || index === this.#lastUnreadable) return;
    this.#lastUnreadable = index;
    this.#list({ file, line, index, path: "", reason: labelled(problem) });
    this.#addRow(origin, index, problem);
  }

  /** The first ones. */
  get issues(): readonly PlacedIssue[] {
    return this.#issues;
  }

  #addRow(origin: Origin, index: number, problem: Problem): void {
    const { file, line } = origin;
    const { column, reason } = problem;
    this.#count(placeText({ file, line, column }), typeof column === "string" ? column : "", reason);
    this.#file?.add({ file, line, index, reason: labelled(problem), record: origin.recordJson() });
  }

  #addRefused(issue: ActionIssue): void {
    const { index, id, reason } = issue;
    this.#list(issue);
    this.#count(`record ${index + 1}${id === undefined ? "" : `, id ${quote(id)}`}`, "", reason);
    this.#file?.add({ index, ...(id === undefined ? {} : { id }), reason });
  }

  #list(issue: PlacedIssue): void {
    if (this.#issues.length < ISSUES_LISTED) this.#issues.push(issue);
  }

  #count(place: string, column: string, reason: string): void {
    const key = `${column}\n${reason}`;
    const kind = this.#kinds.get(key);
    if (kind !== undefined) kind.count++;
    else if (this.#kinds.size === KINDS_SHOWN) this.#others++;
    else this.#kinds.set(key, { place, reason, count: 1 });
  }
}

/** The reason with the name of the column, where there is one. */
function labelled({ column, reason }: Problem): string {
  return typeof column === "string" ? `${column}: ${reason}` : reason;
}
