// What the server knows: the audiences, and which accepted requests are not applied yet.

import { type Attributes, Catalog, type Description } from "./catalog.ts";
import { integer, type Random } from "./random.ts";

/** An action as the API gets it. The ids of a replace are adds. */
export interface Action {
  action: "add" | "remove";
  id: string;
  attributes?: Attributes;
}

/** As the document names them. */
export type IndexingState = "APPLIED" | "IN_PROGRESS" | "REPLACED";

export interface StateOptions {
  /** The longest that an accepted request may wait, in the unit of `now`. */
  indexLag: number;
  /** Accepted requests are applied in the order of their random lags, or in the order they came. */
  order: "random" | "fifo";
  /** Whether a created audience is unknown until its creation is applied. */
  unknownUntilCreated: boolean;
  /** Whether a replace or a remove drops what was accepted before it and still waits. */
  supersedes: boolean;
}

export type WriteKind = "create" | "update" | "replace" | "remove";

/** A request that the server has promised to apply. */
export interface Accepted {
  readonly number: number;
  readonly kind: WriteKind;
  readonly audience: string;
  readonly token: string;
  /** The last action of each id. Those of a replace are adds. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Of what is created. */
  readonly description: Description | undefined;
}

interface Waiting extends Accepted {
  due: number;
  /** Decides between two that fall due together. */
  tie: number;
}

export class State {
  readonly catalog: Catalog;
  readonly #options: StateOptions;
  /** In the order in which they were issued. */
  readonly #tokens = new Map<string, { audience: string; state: IndexingState }>();
  /** Sorted by what comes first. */
  #waiting: Waiting[] = [];

  constructor(options: StateOptions, audiences?: readonly string[]) {
    this.#options = options;
    this.catalog = new Catalog(audiences);
  }

  /** The request waits for its part of the lag. Without a lag the next `advance` applies it. */
  accept(accepted: Accepted, now: number, random: Random): void {
    const { kind, audience, token, description } = accepted;
    const isUnknown = kind === "create" && this.#options.unknownUntilCreated;
    if (kind !== "remove" && !isUnknown) this.catalog.add(audience, description);
    this.#tokens.set(token, { audience, state: "IN_PROGRESS" });
    const waiting: Waiting = {
      ...accepted,
      due: now + integer(random, this.#options.indexLag),
      tie: random(),
    };
    if (this.#options.order === "fifo") {
      waiting.due = Math.max(waiting.due, this.#waiting.at(-1)?.due ?? 0);
      waiting.tie = 1;
    }
    const place = this.#waiting.findLastIndex((other) => !isBefore(waiting, other)) + 1;
    this.#waiting.splice(place, 0, waiting);
  }

  /** Applies what has fallen due by now. */
  advance(now: number): void {
    while ((this.#waiting[0]?.due ?? Infinity) <= now) this.#apply(this.#waiting.shift()!);
  }

  /** Applies everything that was accepted, due or not. */
  applyAll(): void {
    this.advance(Number.MAX_VALUE);
  }

  /** Empties the audience, and forgets what was accepted for it and not applied. */
  replace(audience: string): void {
    this.catalog.content(audience).clear();
    for (const token of this.#tokens.values()) if (token.audience === audience) token.state = "REPLACED";
    this.#dropSuperseded();
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

  #apply(accepted: Accepted): void {
    const { kind, audience, actions, description } = accepted;
    if (kind === "replace" || kind === "remove") this.#supersede(accepted);
    if (kind === "create") this.catalog.add(audience, description);
    else if (kind === "remove") this.catalog.remove(audience);
    // It may have been removed since the request was accepted.
    else if (this.catalog.has(audience)) this.#fill(audience, actions, kind === "replace");
    const token = this.#tokens.get(accepted.token);
    if (token !== undefined) token.state = "APPLIED";
  }

  #fill(audience: string, actions: ReadonlyMap<string, Action>, isReplaced: boolean): void {
    const content = this.catalog.content(audience);
    if (isReplaced) content.clear();
    for (const { action, id, attributes } of actions.values()) {
      if (action === "add") content.set(id, attributes ?? {});
      else content.delete(id);
    }
  }

  /** What was accepted before a replace turns `REPLACED`; before a remove it is unknown from now on. */
  #supersede({ kind, audience, token }: Accepted): void {
    for (const [earlier, known] of this.#tokens) {
      if (earlier === token) break;
      if (known.audience !== audience) continue;
      if (known.state === "IN_PROGRESS" && !this.#options.supersedes) continue;
      if (kind === "replace") known.state = "REPLACED";
      else this.#tokens.delete(earlier);
    }
    this.#dropSuperseded();
  }

  #dropSuperseded(): void {
    this.#waiting = this.#waiting.filter(({ token }) => this.#tokens.get(token)?.state === "IN_PROGRESS");
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.due < other.due || (one.due === other.due && one.tie < other.tie);
}
