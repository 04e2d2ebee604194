import type { ActionIssue } from "../actions/action.ts";

/** What is called for each record. */
export interface RecordListener {
  /** The action is in the window. */
  onTaken(id: string): void;
  /** The action replaces an earlier one for its id in the window. */
  onSuperseded(): void;
  /** The record is not a valid action. Reading waits for the promise. */
  onInvalid(issues: ActionIssue[], record: unknown): PromiseLike<void> | undefined;
  onWarning(reason: string, index: number, id: string, path: string): void;
}

/** Thrown in place of a window that has invalid actions. */
export class InvalidActions extends Error {
  readonly issues: ActionIssue[];

  constructor(issues: ActionIssue[]) {
    super("invalid actions");
    this.issues = issues;
  }
}
