// The API itself: a request that arrived whole becomes a change of state and an answer.

import * as answers from "./answers.ts";
import type { FakeBatchOptions, RequestEntry } from "./fake-options.ts";
import type { Random } from "./random.ts";
import { checkHeaders, checkName, type Header, refuseAny, type Update } from "./rules.ts";
import type { Action, State } from "./state.ts";

export interface Arrived {
  entry: RequestEntry;
  header: Header;
  url: string;
  /** What the body says, or the refusal of it. Not set on other routes than update. */
  parsed: Update | answers.Answer | undefined;
  random: Random;
}

export const UPDATE = "POST /audiences/update";
export const VIEW = "GET /audiences/view";

/** For reading addresses that may come without one. */
const ANY_ORIGIN = "http://fake";

/** As with the real API, the version is part of the base URL. */
export const BASE_PATH = "/2.11";

/** What is not below the base path is no route, whatever its end looks like. */
export function routeOf(method: string, url: string): string {
  const { pathname } = new URL(url, ANY_ORIGIN);
  const isBelow = pathname.startsWith(`${BASE_PATH}/`);
  return `${method} ${isBelow ? pathname.slice(BASE_PATH.length) : `(origin)${pathname}`}`;
}

/** `clock` counts in the unit of `lag`. */
export function createRoutes(state: State, options: FakeBatchOptions, clock: () => number) {
  const { audiences, hiddenViews = 0, refuse, refusedStatus = 400 } = options;
  const views = new Map<string, number>();

  function isHidden(token: string): boolean {
    if (hiddenViews === 0) return false;
    const seen = (views.get(token) ?? 0) + 1;
    views.set(token, seen);
    return seen <= hiddenViews;
  }

  /** The refusal of everything that concerns this audience, if there is one. */
  function refusalOf(name: string, entry: RequestEntry): answers.Answer | undefined {
    if (audiences?.includes(name) === false) return answers.noSuchAudience;
    const retryAfter = options.maintenance?.(name, entry);
    if (retryAfter === undefined) return undefined;
    entry.fault = "maintenance";
    return answers.maintenance(retryAfter);
  }

  function update({ name, actions }: Update, entry: RequestEntry, random: Random): answers.Answer {
    const refused = refusalOf(name, entry) ?? (refuse && refuseAny(actions, refuse, refusedStatus));
    if (refused !== undefined) return refused;
    const errors = recordErrors(actions, options.refuseRecord);
    const wrong = new Set(errors.map(({ bulk_index }) => bulk_index));
    const taken = wrong.size === 0 ? actions : actions.filter((_, index) => !wrong.has(index));
    const token = createToken(random);
    const { number } = entry;
    state.accept({ number, audience: name, token, actions: lastActions(taken) }, clock(), random);
    entry.accepted = true;
    entry.token = token;
    return errors.length === 0 ? answers.accepted(token) : answers.partlyAccepted(token, errors);
  }

  function view(url: string, entry: RequestEntry): answers.Answer {
    const query = new URL(url, ANY_ORIGIN).searchParams;
    const name = query.get("name") ?? "";
    const token = query.get("indexing_token") ?? undefined;
    const refused = checkName(name) ?? refusalOf(name, entry);
    if (refused !== undefined) return refused;
    const isBusy = token === undefined && options.busy?.(name, entry) === true;
    const known = token === undefined ? state.stateOfAudience(name) : state.stateOfToken(name, token);
    const indexing = isBusy ? "IN_PROGRESS" : known;
    if (indexing === undefined || (token !== undefined && isHidden(token))) return answers.noSuchToken;
    const shown = options.nameState?.(indexing, name, token) ?? indexing;
    return answers.audience(name, state.content(name).size, shown);
  }

  return ({ entry, header, url, parsed, random }: Arrived): answers.Answer => {
    if (entry.route !== UPDATE && entry.route !== VIEW) return answers.noSuchRoute;
    const refused = checkHeaders(header, options);
    if (refused !== undefined) return refused;
    if (parsed === undefined) return view(url, entry);
    return "status" in parsed ? parsed : update(parsed, entry, random);
  };
}

/** To measure clients by: everything is accepted unread, and applied. */
export function drain({ entry }: Arrived): answers.Answer {
  if (entry.route === VIEW) return answers.json(200, { indexing_state: "APPLIED" });
  entry.accepted = true;
  entry.token = "drained";
  return answers.accepted(entry.token);
}

function recordErrors(
  actions: readonly Action[],
  refuseRecord: FakeBatchOptions["refuseRecord"],
): answers.RecordError[] {
  if (refuseRecord === undefined) return [];
  return actions.flatMap((action, bulk_index) => {
    const reason = refuseRecord(action);
    return reason === undefined ? [] : { bulk_index, reason };
  });
}

function lastActions(actions: readonly Action[]): Map<string, Action> {
  const last = new Map<string, Action>();
  for (const action of actions) last.set(action.id, action);
  return last;
}

function createToken(random: Random): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return word() + word() + word() + word();
}
