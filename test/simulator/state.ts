// What the server knows: who is in which audience, and what it has promised to apply but has not applied yet.

import { integer, type Random } from "./random.ts";

export type Attributes = Record<string, unknown>;

export interface Action {
  action: "add" | "remove";
  id: string;
  attributes?: Attributes;
}

export type IndexingState = "APPLIED" | "IN_PROGRESS" | "REPLACED";

export interface StateOptions {
  /** The longest that an accepted request may wait, in whatever unit `now` is given in. */
  lag: number;
  /** Accepted requests are applied in the order of their random lags, or in the order they came. */
  order: "random" | "fifo";
}

interface Accepted {
  audience: string;
  token: string;
  actions: readonly Action[];
  due: number;
  /** Decides between two that fall due together. */
  tie: number;
}

export class State {
  readonly #options: StateOptions;
  readonly #contents = new Map<string, Map<string, Attributes>>();
  readonly #tokens = new Map<string, { audience: string; state: IndexingState }>();
  /** Sorted by what comes first. */
  #waiting: Accepted[] = [];

  constructor(options: StateOptions) {
    this.#options = options;
  }

  /** Promises to apply the actions. What is to wait no longer is applied by the next `advance`. */
  accept(audience: string, token: string, actions: readonly Action[], now: number, random: Random): void {
    this.#tokens.set(token, { audience, state: "IN_PROGRESS" });
    const accepted = {
      audience,
      token,
      actions,
      due: now + integer(random, this.#options.lag),
      tie: random(),
    };
    const last = this.#waiting.at(-1);
    if (this.#options.order === "fifo") {
      accepted.due = Math.max(accepted.due, last?.due ?? 0);
      accepted.tie = 1;
    }
    const place = this.#waiting.findLastIndex((other) => !isBefore(accepted, other)) + 1;
    this.#waiting.splice(place, 0, accepted);
  }

  /** Applies what has fallen due by now. */
  advance(now: number): void {
    while ((this.#waiting[0]?.due ?? Infinity) <= now) this.#apply(this.#waiting.shift());
  }

  /** Applies all that was promised, due or not. */
  settle(): void {
    this.advance(Number.MAX_VALUE);
  }

  /** The audience's content is replaced by nothing, and so is all that was promised for it. */
  replace(audience: string): void {
    this.#contents.delete(audience);
    this.#waiting = this.#waiting.filter((accepted) => accepted.audience !== audience);
    for (const token of this.#tokens.values()) if (token.audience === audience) token.state = "REPLACED";
  }

  /** Live, not a copy: it changes as more is applied. */
  content(audience: string): Map<string, Attributes> {
    const content = this.#contents.get(audience) ?? new Map<string, Attributes>();
    this.#contents.set(audience, content);
    return content;
  }

  /** `undefined` when the token was not issued for this audience. */
  stateOfToken(audience: string, token: string): IndexingState | undefined {
    const known = this.#tokens.get(token);
    return known?.audience === audience ? known.state : undefined;
  }

  /** As a whole: also what was accepted without the client ever being told. */
  stateOfAudience(audience: string): IndexingState {
    return this.#waiting.some((accepted) => accepted.audience === audience) ? "IN_PROGRESS" : "APPLIED";
  }

  #apply(accepted: Accepted | undefined): void {
    if (accepted === undefined) return;
    const content = this.content(accepted.audience);
    for (const { action, id, attributes } of accepted.actions) {
      if (action === "add") content.set(id, attributes ?? {});
      else content.delete(id);
    }
    const token = this.#tokens.get(accepted.token);
    if (token !== undefined) token.state = "APPLIED";
  }
}

function isBefore(one: Accepted, other: Accepted): boolean {
  return one.due < other.due || (one.due === other.due && one.tie < other.tie);
}
