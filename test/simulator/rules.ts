// The rules that the API holds a request against before it does anything.

import type { IncomingHttpHeaders } from "node:http";
import { type Answer, malformed, refusal, unauthorized } from "./answers.ts";
import type { Action } from "./state.ts";

export interface Update {
  name: string;
  actions: Action[];
}

export interface Keys {
  /** Any will do when it is not given. */
  restKey?: string | undefined;
  projectKey?: string | undefined;
}

const MOST_IDS = 10_000;
const MOST_ATTRIBUTES = 15;

/** The refusal, if the headers deserve one. */
export function checkHeaders(
  headers: IncomingHttpHeaders,
  { restKey, projectKey }: Keys,
): Answer | undefined {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
  if (bearer === undefined || (restKey !== undefined && bearer !== restKey)) return unauthorized;
  const project = headers["x-batch-project"];
  if (!project) return malformed("The header X-Batch-Project is missing");
  if (projectKey !== undefined && project !== projectKey) return unauthorized;
  return undefined;
}

export function parseUpdate(text: string): Update | Answer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return malformed("The body is not valid JSON");
  }
  if (!isObject(body)) return malformed("The body is not an object");
  if (!isFilledString(body.name)) return malformed("name is missing");
  if (!Array.isArray(body.ids)) return malformed("ids is missing");
  if (body.ids.length > MOST_IDS)
    return malformed(`ids has ${body.ids.length} items, at most ${MOST_IDS} are allowed`);
  for (const [index, item] of body.ids.entries()) {
    const wrong = whatIsWrong(item);
    if (wrong !== undefined) return malformed(`ids[${index}]: ${wrong}`);
  }
  return { name: body.name, actions: body.ids };
}

/** The refusal for the first action that the server dislikes for reasons of its own. It does not say which one it was. */
export function refuseAny(
  actions: readonly Action[],
  refuse: (action: Action) => string | undefined,
  status: 400 | 422,
): Answer | undefined {
  for (const action of actions) {
    const message = refuse(action);
    if (message !== undefined) return refusal(status, "INVALID_PARAMETER", message);
  }
  return undefined;
}

function whatIsWrong(item: unknown): string | undefined {
  if (!isObject(item)) return "is not an object";
  if (item.action !== "add" && item.action !== "remove") return "action must be add or remove";
  if (!isFilledString(item.id)) return "id is missing";
  if (item.attributes === undefined) return undefined;
  if (item.action === "remove") return "attributes are only accepted with add";
  if (!isObject(item.attributes)) return "attributes must be an object";
  const count = Object.keys(item.attributes).length;
  return count > MOST_ATTRIBUTES
    ? `has ${count} attributes, at most ${MOST_ATTRIBUTES} are allowed`
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilledString(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
