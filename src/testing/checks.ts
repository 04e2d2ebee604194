// Finds what a correct client never does. A request is outstanding from the arrival of its headers until its answer is sent
// or its connection has ended.

import type { Violation } from "./fake-options.ts";
import type { Incoming } from "./incoming.ts";
import type { Write } from "./rules.ts";
import type { Accepted, Action } from "./state.ts";

const MAX_VIOLATIONS = 1000;
/** A shorter key, as tests have it, may be part of an id or of an address by chance. */
const MIN_KEY_LENGTH = 16;

export interface Flight {
  readonly number: number;
  /** Those that were outstanding at any time while this one was, and are to be compared with it. */
  readonly rivals: Set<Flight>;
  content?: WrittenTo;
  abandoned: boolean;
}

interface WrittenTo {
  audience: string;
  /** "all": it is for the audience as a whole. */
  ids: ReadonlySet<string> | "all";
}

type Conflict = Omit<Violation, "requests">;

export class Checks {
  readonly violations: Violation[] = [];
  readonly #open = new Set<Flight>();
  readonly #supersedes: boolean;

  /** `supersedes`: a replace or a remove drops what was accepted before it. */
  constructor(supersedes: boolean) {
    this.#supersedes = supersedes;
  }

  begin(number: number): Flight {
    const flight: Flight = { number, rivals: new Set(this.#open), abandoned: false };
    // Whichever of two is read later makes the comparison. What has been read holds no rivals: chains of requests that
    // ended long ago would never be freed.
    for (const other of this.#open) if (other.content === undefined) other.rivals.add(flight);
    this.#open.add(flight);
    return flight;
  }

  /** The body has been read. */
  identify(flight: Flight, { kind, name, actions }: Write): void {
    const { number, rivals } = flight;
    const ids = new Set<string>();
    for (const { id } of actions) {
      if (ids.has(id)) this.#violate({ rule: "an id twice in one request", requests: [number], id });
      ids.add(id);
    }
    const content: WrittenTo = { audience: name, ids: kind === "update" ? ids : "all" };
    flight.content = content;
    for (const rival of rivals) {
      if (rival.abandoned || rival.content === undefined) continue;
      const conflict = overlap(content, rival.content);
      if (conflict !== undefined) this.#violate({ ...conflict, requests: [rival.number, number] });
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

  redirected(number: number): void {
    this.#violate({ rule: "a redirect was followed", requests: [number] });
  }

  /** The key belongs into the `Authorization` header, and nowhere else. */
  lookForKey(number: number, { url, header, headers }: Incoming, body: string): void {
    const key = /^Bearer (.+)$/.exec(header("authorization") ?? "")?.[1] ?? "";
    if (key.length < MIN_KEY_LENGTH) return;
    const isShown = (text: string) => text.includes(key) || text.includes(encodeURIComponent(key));
    const others = [...headers()].filter(([name]) => name !== "authorization");
    if (isShown(url) || isShown(body) || others.some(([, value]) => isShown(value))) {
      this.#violate({ rule: "the REST key outside its header", requests: [number] });
    }
  }

  /** Compares a request that was just accepted with all that waits to be applied. */
  compareWithWaiting(number: number, waiting: readonly Accepted[]): void {
    const accepted = waiting.find((request) => request.number === number);
    for (const earlier of waiting) {
      if (accepted === undefined || earlier === accepted) continue;
      for (const conflict of conflicts(earlier, accepted, this.#supersedes)) {
        this.#violate({ ...conflict, requests: [earlier.number, number] });
      }
    }
  }

  #violate(violation: Violation): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(violation);
  }
}

/** What is wrong when the two are outstanding together, if anything. */
function overlap(one: WrittenTo, other: WrittenTo): Conflict | undefined {
  if (one.audience !== other.audience) return undefined;
  const rule = "outstanding together";
  if (one.ids === "all" || other.ids === "all") return { rule };
  const id = firstCommon(one.ids, other.ids);
  return id === undefined ? undefined : { rule, id };
}

/** Why the order of the two matters, if it does: `earlier` is not applied, and `later` may be applied before it. */
function conflicts(earlier: Accepted, later: Accepted, supersedes: boolean): Conflict[] {
  if (hasSameEffect(earlier, later)) return [];
  if (earlier.kind === "remove") return [{ rule: "accepted while a remove of the audience was not applied" }];
  // There is such an audience already: nothing changes.
  if (later.kind === "create") return [];
  if (earlier.kind === "replace") {
    return [{ rule: "accepted while a replace of the audience was not applied" }];
  }
  if (later.kind === "update") {
    const rule = "accepted while another action for the id was not applied";
    return conflictingIds(earlier.actions, later.actions).map((id) => ({ rule, id }));
  }
  // A creation that comes late finds the audience that a replace was for.
  const isHarmless = supersedes || (earlier.kind === "create" && later.kind === "replace");
  return isHarmless ? [] : [{ rule: "replaced or removed while an earlier request was not applied" }];
}

/** Such as a repeat has. */
function hasSameEffect(one: Accepted, other: Accepted): boolean {
  if (one.kind !== other.kind || one.actions.size !== other.actions.size) return false;
  for (const [id, action] of one.actions) {
    const rival = other.actions.get(id);
    if (rival === undefined || effectOf(rival) !== effectOf(action)) return false;
  }
  return true;
}

/** The ids for which the two differ in effect. Two that have the same effect may be applied in any order. */
function conflictingIds(one: ReadonlyMap<string, Action>, other: ReadonlyMap<string, Action>): string[] {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  const found: string[] = [];
  for (const [id, action] of small) {
    const rival = large.get(id);
    if (rival !== undefined && effectOf(rival) !== effectOf(action)) found.push(id);
  }
  return found;
}

function effectOf({ action, attributes = {} }: Action): string {
  return action + JSON.stringify(attributes);
}

function firstCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): string | undefined {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const id of small) if (large.has(id)) return id;
  return undefined;
}
