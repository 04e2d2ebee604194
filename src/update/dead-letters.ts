import type { AudienceAction } from "../actions/action.ts";

interface DeadLetter {
  action: AudienceAction;
  error: Error;
  /** Refused by the run that this one resumes, and counted there. */
  isEarlier: boolean;
}

/** Actions that the API refused alone, and that no later action for the id has superseded. */
export class DeadLetters {
  readonly #letters = new Map<string, DeadLetter>();
  #earlier: number;
  #refused = 0;

  constructor(refusedEarlier: readonly AudienceAction[]) {
    const error = new Error("the API refused records in an earlier run, and no later action supersedes them");
    for (const action of refusedEarlier) this.#letters.set(action.id, { action, error, isEarlier: true });
    this.#earlier = this.#letters.size;
  }

  get size(): number {
    return this.#letters.size;
  }

  /** How many of them this run has counted as failed. */
  get failed(): number {
    return this.size - this.#earlier;
  }

  /** Records that this run was refused, superseded since or not. */
  get refused(): number {
    return this.#refused;
  }

  get actions(): AudienceAction[] {
    return [...this.#letters.values()].map(({ action }) => action);
  }

  get lastError(): Error | undefined {
    return [...this.#letters.values()].at(-1)?.error;
  }

  /** A record was refused. If a later action for its id was read, nothing is lost with it. */
  add(action: AudienceAction, error: Error, isSuperseded: boolean): void {
    this.#refused++;
    if (!isSuperseded) this.#letters.set(action.id, { action, error, isEarlier: false });
  }

  /** A later action for the id was read. True if this run had counted the one before as failed. */
  supersede(id: string): boolean {
    const letter = this.#letters.get(id);
    if (letter === undefined) return false;
    this.#letters.delete(id);
    if (letter.isEarlier) this.#earlier--;
    return !letter.isEarlier;
  }
}
