// The API itself: a request that arrived whole becomes a change of state and an answer.

import type { IncomingHttpHeaders } from "node:http";
import * as answers from "./answers.ts";
import type { RequestEntry, SimulatorOptions } from "./options.ts";
import type { Random } from "./random.ts";
import { checkHeaders, refuseAny, type Update } from "./rules.ts";
import type { State } from "./state.ts";

export interface Arrived {
  entry: RequestEntry;
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  /** What the body says, or why it says nothing. Not set on other routes than update. */
  parsed: Update | answers.Answer | undefined;
  random: Random;
}

export const UPDATE = "POST /audiences/update";
export const VIEW = "GET /audiences/view";

/** `clock` counts what `lag` is given in. */
export function createService(state: State, options: SimulatorOptions, clock: () => number) {
  const { audiences, hiddenViews = 0, spelling = "IN_PROGRESS", refuse, refusedStatus = 400 } = options;
  const views = new Map<string, number>();

  function isHidden(token: string): boolean {
    if (hiddenViews === 0) return false;
    const seen = (views.get(token) ?? 0) + 1;
    views.set(token, seen);
    return seen <= hiddenViews;
  }

  function update({ name, actions }: Update, entry: RequestEntry, random: Random): answers.Answer {
    if (audiences?.includes(name) === false) return answers.noSuchAudience;
    const refused = refuse && refuseAny(actions, refuse, refusedStatus);
    if (refused !== undefined) return refused;
    const token = createToken(random);
    state.accept(name, token, actions, clock(), random);
    entry.accepted = true;
    entry.token = token;
    return answers.accepted(token);
  }

  function view(query: URLSearchParams): answers.Answer {
    const name = query.get("name");
    const token = query.get("indexing_token");
    if (!name) return answers.malformed("name is missing");
    if (audiences?.includes(name) === false) return answers.noSuchAudience;
    const indexing = token === null ? state.stateOfAudience(name) : state.stateOfToken(name, token);
    if (indexing === undefined || (token !== null && isHidden(token))) return answers.noSuchToken;
    return answers.json(200, {
      name,
      display_name: name,
      type: "CUSTOM_ID",
      nb_ids: state.content(name).size,
      indexing_state: indexing === "IN_PROGRESS" ? spelling : indexing,
      created: "2026-01-01T00:00:00Z",
      updated: "2026-01-01T00:00:00Z",
    });
  }

  return ({ entry, headers, query, parsed, random }: Arrived): answers.Answer => {
    if (entry.route !== UPDATE && entry.route !== VIEW) return answers.noSuchRoute;
    const refused = checkHeaders(headers, options);
    if (refused !== undefined) return refused;
    if (parsed === undefined) return view(query);
    return "status" in parsed ? parsed : update(parsed, entry, random);
  };
}

/** For measuring clients: everything is accepted unread, and applied. */
export function drain({ entry }: Arrived): answers.Answer {
  if (entry.route === VIEW) return answers.json(200, { indexing_state: "APPLIED" });
  entry.accepted = true;
  entry.token = "drained";
  return answers.accepted(entry.token);
}

function createToken(random: Random): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return word() + word() + word() + word();
}
