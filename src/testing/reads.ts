// The routes that show audiences: view and list.

import { type Answer, type AudienceState, audience, malformed, noSuchToken, page } from "./answers.ts";
import { checkMaintenance, checkThere } from "./audience-rules.ts";
import type { FakeBatchOptions, RequestEntry } from "./fake-options.ts";
import { checkName } from "./rules.ts";
import type { IndexingState, State } from "./state.ts";

const MAX_PER_PAGE = 100;
const DEFAULT_PER_PAGE = 10;

export function createReads(state: State, options: FakeBatchOptions) {
  const { hiddenViews = 0, busy, nameState } = options;
  const { catalog } = state;
  const views = new Map<string, number>();

  function isHidden(token: string): boolean {
    if (hiddenViews === 0) return false;
    const seen = (views.get(token) ?? 0) + 1;
    views.set(token, seen);
    return seen <= hiddenViews;
  }

  function show(name: string, indexing: IndexingState, token?: string): AudienceState {
    const indexingState = nameState?.(indexing, name, token) ?? indexing;
    return { ...catalog.describe(name), name, ids: catalog.content(name).size, indexingState };
  }

  function stateOf(name: string, entry: RequestEntry): IndexingState {
    return busy?.(name, entry) === true ? "IN_PROGRESS" : state.stateOfAudience(name);
  }

  function view(query: URLSearchParams, entry: RequestEntry): Answer {
    const name = query.get("name") ?? "";
    const token = query.get("indexing_token") ?? undefined;
    const refused =
      checkName(name) ?? checkThere(name, entry, catalog, options) ?? checkMaintenance(name, entry, options);
    if (refused !== undefined) return refused;
    const known = token === undefined ? stateOf(name, entry) : state.stateOfToken(name, token);
    if (known === undefined || (token !== undefined && isHidden(token))) return noSuchToken;
    return audience(show(name, known, token));
  }

  function list(query: URLSearchParams, entry: RequestEntry): Answer {
    const limit = Number(query.get("limit") ?? DEFAULT_PER_PAGE);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PER_PAGE) {
      return malformed(`limit must be from 1 to ${MAX_PER_PAGE}`);
    }
    const from = query.get("from");
    const after = from === null ? 0 : placeIn(from);
    if (after === undefined) return malformed("from is not a next_from of this list");
    const rest = catalog.list(after);
    const listed = rest.slice(0, limit);
    const last = rest.length > limit ? listed.at(-1) : undefined;
    const shown = listed.map(({ name }) => show(name, stateOf(name, entry)));
    return page(shown, last && cursorAfter(last.place), from === null ? rest.length : undefined);
  }

  return { view, list };
}

/** With characters that a query has to encode. */
function cursorAfter(place: number): string {
  return `a+/&${place.toString(36)}=`;
}

function placeIn(cursor: string): number | undefined {
  const place = /^a\+\/&([0-9a-z]+)=$/.exec(cursor)?.[1];
  return place === undefined ? undefined : Number.parseInt(place, 36);
}
