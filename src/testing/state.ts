// What the server knows: who is in which audience, and which accepted requests are not applied yet.

import { integer, type Random } from "./random.ts";

/** As they are sent: dates and URLs are strings by then. */
export type Attributes = Record<string, unknown>;

export interface Action {
  action: "add" | "remove";
  id: string;
  attributes?: Attributes;
}

export type IndexingState = "APPLIED" | "IN_PROGRESS" | "REPLACED";

export interface StateOptions {
  /** The longest that an accepted request may wait, in the unit of `now`. */
  lag: number;
  /** Accepted requests are applied in the order of their random lags, or in the order they came. */
  order: "random" | "fifo";
}

/** A request that the server has promised to apply. */
export interface Accepted {
  readonly number: number;
  readonly audience: string;
  readonly token: string;
  /** The last action of each id. */
  readonly actions: ReadonlyMap<string, Action>;
}

interface Waiting extends Accepted {
  due: number;
  /** Decides between two that fall due together. */
  tie: number;
}

export class State {
  readonly #options: StateOptions;
  readonly #contents = new Map<string, Map<string, Attributes>>();
  readonly #tokens = new Map<string, { audience: string; state: IndexingState }>();
  /** Sorted by what comes first. */
  #waiting: Waiting[] = [];

  constructor(options: StateOptions) {
    this.#options = options;
  }

  /** The request waits for its part of the lag. Without a lag the next `advance` applies it. */
  accept(accepted: Accepted, now: number, random: Random): void {
    this.#tokens.set(accepted.token, { audience: accepted.audience, state: "IN_PROGRESS" });
    const waiting: Waiting = { ...accepted, due: now + integer(random, this.#options.lag), tie: random() };
    if (this.#options.order === "fifo") {
      waiting.due = Math.max(waiting.due, this.#waiting.at(-1)?.due ?? 0);
      waiting.tie = 1;
    }
    const place = this.#waiting.findLastIndex((other) => !isBefore(waiting, other)) + 1;
    this.#waiting.splice(place, 0, waiting);
  }

  /** Applies what has fallen due by now. */
  advance(now: number): void {
    while ((this.#waiting[0]?.due ?? Infinity) <= now) this.#apply(this.#waiting.shift());
  }

  /** Applies everything that was accepted, due or not. */
  settled(): void {
    this.advance(Number.MAX_VALUE);
  }

  /** Empties the audience, and forgets what was accepted for it and not applied. */
  replace(audience: string): void {
    this.#contents.delete(audience);
    this.#waiting = this.#waiting.filter((waiting) => waiting.audience !== audience);
    for (const token of this.#tokens.values()) if (token.audience === audience) token.state = "REPLACED";
  }

  /** Live, not a copy: it changes as more is applied. */
  content(audience: string): Map<string, Attributes> {
    const content = this.#contents.get(audience) ?? new Map<string, Attributes>();
    this.#contents.set(audience, content);
    return content;
  }

  /** What was accepted for the audience and is not applied. */
  waiting(audience: string): readonly Accepted[] {
    return this.#waiting.filter((waiting) => waiting.audience === audience);
  }

  /** `undefined` when the token was not issued for this audience. */
  stateOfToken(audience: string, token: string): IndexingState | undefined {
    const known = this.#tokens.get(token);
    return known?.audience === audience ? known.state : undefined;
  }

  /** As a whole: also what was accepted and whose answer was lost. */
  stateOfAudience(audience: string): IndexingState {
    return this.#waiting.some((waiting) => waiting.audience === audience) ? "IN_PROGRESS" : "APPLIED";
  }

  #apply(accepted: Accepted | undefined): void {
    if (accepted === undefined) return;
    const content = this.content(accepted.audience);
    for (const { action, id, attributes } of accepted.actions.values()) {
      if (action === "add") content.set(id, attributes ?? {});
      else content.delete(id);
    }
    const token = this.#tokens.get(accepted.token);
    if (token !== undefined) token.state = "APPLIED";
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.due < other.due || (one.due === other.due && one.tie < other.tie);
}
