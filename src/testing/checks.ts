// Finds what a correct client never does. A request is outstanding from the arrival of its headers until its answer is sent
// or its connection has ended.

import type { Violation } from "./fake-options.ts";
import type { Update } from "./rules.ts";
import type { Accepted, Action } from "./state.ts";

const MAX_VIOLATIONS = 1000;

export interface Flight {
  readonly number: number;
  /** Those that were outstanding at any time while this one was, and are to be compared with it. */
  readonly rivals: Set<Flight>;
  content?: { audience: string; ids: ReadonlySet<string> };
  abandoned: boolean;
}

export class Checks {
  readonly violations: Violation[] = [];
  readonly #open = new Set<Flight>();

  begin(number: number): Flight {
    const flight: Flight = { number, rivals: new Set(this.#open), abandoned: false };
    // Whichever of two is read later makes the comparison. What has been read holds no rivals: chains of requests that
    // ended long ago would never be freed.
    for (const other of this.#open) if (other.content === undefined) other.rivals.add(flight);
    this.#open.add(flight);
    return flight;
  }

  /** The body has been read. */
  identify(flight: Flight, { name, actions }: Update): void {
    const { number, rivals } = flight;
    const ids = new Set<string>();
    for (const { id } of actions) {
      if (ids.has(id)) this.#violate({ rule: "an id twice in one request", requests: [number], id });
      ids.add(id);
    }
    flight.content = { audience: name, ids };
    for (const rival of rivals) {
      if (rival.abandoned || rival.content?.audience !== name) continue;
      const id = firstCommon(ids, rival.content.ids);
      if (id === undefined) continue;
      this.#violate({ rule: "outstanding together", requests: [rival.number, number], id });
    }
    rivals.clear();
  }

  /** `abandoned`: it was the client who ended it. */
  end(flight: Flight, abandoned: boolean): void {
    flight.abandoned = abandoned;
    this.#open.delete(flight);
  }

  tooFast(number: number): void {
    this.#violate({ rule: "too fast", requests: [number] });
  }

  /** Compares a request that was just accepted with all that waits to be applied. */
  compareWithWaiting(number: number, waiting: readonly Accepted[]): void {
    const accepted = waiting.find((request) => request.number === number);
    for (const earlier of waiting) {
      if (accepted === undefined || earlier === accepted) continue;
      for (const id of conflicts(earlier.actions, accepted.actions)) {
        const rule = "accepted while another action for the id was not applied";
        this.#violate({ rule, requests: [earlier.number, number], id });
      }
    }
  }

  #violate(violation: Violation): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(violation);
  }
}

/** The ids for which the two differ in effect. Two that have the same effect may be applied in any order. */
function* conflicts(one: ReadonlyMap<string, Action>, other: ReadonlyMap<string, Action>): Generator<string> {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const [id, action] of small) {
    const rival = large.get(id);
    if (rival !== undefined && effectOf(rival) !== effectOf(action)) yield id;
  }
}

function effectOf({ action, attributes = {} }: Action): string {
  return action + JSON.stringify(attributes);
}

function firstCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): string | undefined {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const id of small) if (large.has(id)) return id;
  return undefined;
}
