// Watches over the rule that two requests with a common id of one audience are never outstanding together. A request is
// outstanding from the arrival of its headers until its answer is sent or its connection has ended.

export interface Flight {
  readonly number: number;
  /** Those that were outstanding at any time while this one was, and are to be compared with it. */
  readonly rivals: Set<Flight>;
  content?: { audience: string; ids: ReadonlySet<string> };
  open: boolean;
  abandoned: boolean;
}

export interface Overlap {
  with: number;
  id: string;
}

export class Overlaps {
  readonly #open = new Set<Flight>();

  begin(number: number): Flight {
    const flight: Flight = { number, rivals: new Set(this.#open), open: true, abandoned: false };
    // Whichever of two is read later makes the comparison. What has been read keeps no rivals: chains of requests that
    // ended long ago would never be freed.
    for (const other of this.#open) if (other.content === undefined) other.rivals.add(flight);
    this.#open.add(flight);
    return flight;
  }

  /** The ids are known now. Tells with which other requests they overlap, and by which id. */
  async identify(flight: Flight, audience: string, ids: ReadonlySet<string>): Promise<Overlap[]> {
    // A client that gives a request up closes its connection and may at once use another. Both can be in the same turn
    // of the event loop here, in either order: the closing must have been seen before anybody is blamed.
    if (flight.rivals.size > 0) await turns(3);
    flight.content = { audience, ids };
    const overlaps: Overlap[] = [];
    for (const rival of flight.rivals) {
      if (rival.abandoned || rival.content?.audience !== audience) continue;
      const id = firstCommon(ids, rival.content.ids);
      if (id !== undefined) overlaps.push({ with: rival.number, id });
    }
    flight.rivals.clear();
    return overlaps;
  }

  /** `abandoned`: it was the client who ended it. */
  end(flight: Flight, abandoned: boolean): void {
    if (!flight.open) return;
    flight.open = false;
    flight.abandoned = abandoned;
    this.#open.delete(flight);
  }
}

function firstCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): string | undefined {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const id of small) if (large.has(id)) return id;
  return undefined;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
