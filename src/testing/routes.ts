// The API itself: a request that arrived whole becomes a change of state and an answer.

import { type Answer, accepted, json, noSuchRoute } from "./answers.ts";
import type { FakeBatchOptions, RequestEntry } from "./fake-options.ts";
import type { Random } from "./random.ts";
import { createReads } from "./reads.ts";
import { checkHeaders, type Header, type Write } from "./rules.ts";
import type { State, WriteKind } from "./state.ts";
import { createWrites } from "./writes.ts";

export interface Arrived {
  entry: RequestEntry;
  header: Header;
  url: string;
  /** What the body says, or the refusal of it. Only set on routes that write. */
  parsed: Write | Answer | undefined;
  random: Random;
}

export const UPDATE = "POST /audiences/update";
export const VIEW = "GET /audiences/view";
const LIST = "GET /audiences/list";

const WRITES: Readonly<Record<string, WriteKind>> = {
  "POST /audiences/create": "create",
  [UPDATE]: "update",
  "POST /audiences/replace": "replace",
  "POST /audiences/remove": "remove",
};

/** For reading addresses that may come without one. */
const ANY_ORIGIN = "http://fake";

/** As with the real API, the version is part of the base URL. */
export const BASE_PATH = "/2.11";

/** What a redirect points to, on another origin. */
export const ELSEWHERE_PATH = "/elsewhere";

/** The route of a request that has followed a redirect. */
export function isElsewhere(route: string): boolean {
  return route.endsWith(` (origin)${ELSEWHERE_PATH}`);
}

/** What is not below the base path is no route, whatever its end looks like. */
export function routeOf(method: string, url: string): string {
  const { pathname } = new URL(url, ANY_ORIGIN);
  const isBelow = pathname.startsWith(`${BASE_PATH}/`);
  return `${method} ${isBelow ? pathname.slice(BASE_PATH.length) : `(origin)${pathname}`}`;
}

export function writeKindOf(route: string): WriteKind | undefined {
  return WRITES[route];
}

/** `clock` counts in the unit of `indexLag`. */
export function createRoutes(state: State, options: FakeBatchOptions, clock: () => number) {
  const write = createWrites(state, options, clock);
  const { view, list } = createReads(state, options);

  return ({ entry, header, url, parsed, random }: Arrived): Answer => {
    const { route } = entry;
    const isKnown = route === VIEW || route === LIST || writeKindOf(route) !== undefined;
    if (!isKnown) return noSuchRoute;
    const refused = checkHeaders(header, options);
    if (refused !== undefined) return refused;
    if (parsed !== undefined) return "status" in parsed ? parsed : write(parsed, entry, random);
    const query = new URL(url, ANY_ORIGIN).searchParams;
    return route === LIST ? list(query, entry) : view(query, entry);
  };
}

/** To measure clients by: everything is accepted unread, and applied. */
export function drain({ entry }: Arrived): Answer {
  if (entry.route === VIEW) return json(200, { indexing_state: "APPLIED" });
  if (entry.route === LIST) return json(200, { audiences: [], count: 0, has_more: false });
  entry.accepted = true;
  entry.token = "drained";
  return accepted(entry.token);
}

/** What a reply that breaks before the work is done breaks off from. */
export function pretendedAnswer(route: string): Answer {
  return route.startsWith("GET ") ? json(200, {}) : accepted("0".repeat(32));
}
