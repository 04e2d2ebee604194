import type { AudienceAction } from "../actions/action.ts";

interface DeadLetter {
  action: AudienceAction;
  error: Error;
  /** Refused by the run that this one resumes, and counted there. */
  isFromEarlierRun: boolean;
}

/** If so many single records are refused and none was accepted, the audience or the account may be at fault. */
export const MIN_REFUSED_TO_SUSPECT = 5;

/** The dead letters of a run: single records that the API refused, and that no later action supersedes. */
export class Refusals {
  readonly #letters = new Map<string, DeadLetter>();
  #fromEarlierRun: number;
  #refused = 0;
  /** A chunk was refused and split. */
  #hasSplit = false;
  #lastError: Error | undefined;

  constructor(refusedEarlier: readonly AudienceAction[]) {
    const error = new Error(
      "The API refused some records in an earlier run, and this run read no later action for them. " +
        "Correct them, or remove `refused` from the checkpoint.",
    );
    for (const action of refusedEarlier)
      this.#letters.set(action.id, { action, error, isFromEarlierRun: true });
    this.#fromEarlierRun = this.#letters.size;
    this.#lastError = this.#fromEarlierRun > 0 ? error : undefined;
  }

  get size(): number {
    return this.#letters.size;
  }

  /** How many of them this run has counted as failed. */
  get failed(): number {
    return this.size - this.#fromEarlierRun;
  }

  /** How many records the API refused in this run, superseded or not. */
  get refused(): number {
    return this.#refused;
  }

  noteSplit(): void {
    this.#hasSplit = true;
  }

  /**
   * Until something is accepted, halves are sent one at a time. So few requests are needed to see that everything is
   * refused.
   */
  isOneByOne(accepted: number): boolean {
    return this.#hasSplit && accepted === 0;
  }

  /** Whether the refusals may be about the audience or the account, not about records. */
  suspectAll(accepted: number): boolean {
    return accepted === 0 && this.#refused >= MIN_REFUSED_TO_SUSPECT;
  }

  get actions(): AudienceAction[] {
    return [...this.#letters.values()].map(({ action }) => action);
  }

  /** Why the last record was refused, superseded or not. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** A record was refused. It is no dead letter if a later action for its id was read. */
  add(action: AudienceAction, error: Error, isSuperseded: boolean): void {
    this.#refused++;
    this.#lastError = error;
    if (!isSuperseded) this.#letters.set(action.id, { action, error, isFromEarlierRun: false });
  }

  /** A later action for the id was read. True if this run counted the earlier one as failed. */
  supersede(id: string): boolean {
    const letter = this.#letters.get(id);
    if (letter === undefined) return false;
    this.#letters.delete(id);
    if (letter.isFromEarlierRun) this.#fromEarlierRun--;
    return !letter.isFromEarlierRun;
  }
}
