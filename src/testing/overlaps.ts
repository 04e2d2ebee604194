// Finds requests with a common id of one audience that are outstanding together. A request is outstanding from the
// arrival of its headers until its answer is sent or its connection has ended.

import type { Action } from "./state.ts";

export interface Flight {
  readonly number: number;
  /** Those that were outstanding at any time while this one was, and are to be compared with it. */
  readonly rivals: Set<Flight>;
  content?: { audience: string; ids: ReadonlySet<string> };
  abandoned: boolean;
}

export interface Overlap {
  /** The number of the other request. */
  rival: number;
  id: string;
}

export class Overlaps {
  readonly #open = new Set<Flight>();

  begin(number: number): Flight {
    const flight: Flight = { number, rivals: new Set(this.#open), abandoned: false };
    // Whichever of two is read later makes the comparison. What has been read holds no rivals: chains of requests that
    // ended long ago would never be freed.
    for (const other of this.#open) if (other.content === undefined) other.rivals.add(flight);
    this.#open.add(flight);
    return flight;
  }

  /** The ids are known now. Returns with which other requests they overlap, and by which id. */
  identify(flight: Flight, audience: string, ids: ReadonlySet<string>): Overlap[] {
    flight.content = { audience, ids };
    const overlaps: Overlap[] = [];
    for (const rival of flight.rivals) {
      if (rival.abandoned || rival.content?.audience !== audience) continue;
      const id = firstCommon(ids, rival.content.ids);
      if (id !== undefined) overlaps.push({ rival: rival.number, id });
    }
    flight.rivals.clear();
    return overlaps;
  }

  /** `abandoned`: it was the client who ended it. */
  end(flight: Flight, abandoned: boolean): void {
    flight.abandoned = abandoned;
    this.#open.delete(flight);
  }
}

/** The ids of which the two say something else. Two that say the same may be applied in any order. */
export function* conflicts(
  one: ReadonlyMap<string, Action>,
  other: ReadonlyMap<string, Action>,
): Generator<string> {
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
