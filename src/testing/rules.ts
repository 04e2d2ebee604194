// The rules of the API's document that a request is checked against before anything is done.

import { limits } from "../../generated/limits.ts";
import { type Answer, malformed, refusal, unauthorized } from "./answers.ts";
import type { Action } from "./state.ts";

export interface Update {
  name: string;
  actions: readonly Action[];
}

export interface Keys {
  /** Any will do when it is not given. */
  restKey?: string | undefined;
  projectKey?: string | undefined;
}

/** Reads a header by its name in lower case. */
export type Header = (name: string) => string | null | undefined;

const AUDIENCE_NAME = new RegExp(limits.audienceNamePattern);
const ATTRIBUTE_NAME = new RegExp(limits.attributeNamePattern);

/** The refusal, if the headers deserve one. */
export function checkHeaders(header: Header, { restKey, projectKey }: Keys): Answer | undefined {
  const bearer = /^Bearer (\S+)$/.exec(header("authorization") ?? "")?.[1];
  if (bearer === undefined || (restKey !== undefined && bearer !== restKey)) return unauthorized;
  const project = header("x-batch-project");
  if (!project) return malformed("The header X-Batch-Project is missing");
  if (projectKey !== undefined && project !== projectKey) return unauthorized;
  return undefined;
}

/** The refusal, if it is not the name of an audience. */
export function checkName(name: unknown): Answer | undefined {
  if (typeof name !== "string" || name === "") return malformed("name is missing");
  const isValid = AUDIENCE_NAME.test(name) && name.length <= limits.maxAudienceNameLength;
  return isValid ? undefined : malformed("name is not the name of an audience");
}

export function parseUpdate(text: string): Update | Answer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return malformed("The body is not valid JSON");
  }
  if (!isObject(body)) return malformed("The body is not an object");
  const { name, ids } = body;
  const refused = checkName(name);
  if (refused !== undefined) return refused;
  if (!Array.isArray(ids)) return malformed("ids is missing");
  const { maxIdsPerRequest } = limits;
  if (ids.length > maxIdsPerRequest) {
    return malformed(`ids has ${ids.length} items, at most ${maxIdsPerRequest} are allowed`);
  }
  for (const [index, item] of ids.entries()) {
    const problem = problemOf(item);
    if (problem !== undefined) return malformed(`ids[${index}]: ${problem}`);
  }
  return { name: name as string, actions: ids };
}

/** The refusal for the first action that the server does not want. It does not say which one that is. */
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

function problemOf(item: unknown): string | undefined {
  if (!isObject(item)) return "is not an object";
  if (item.action !== "add" && item.action !== "remove") return "action must be add or remove";
  if (typeof item.id !== "string" || item.id === "") return "id is missing";
  if (item.attributes === undefined) return undefined;
  if (item.action === "remove") return "attributes are only accepted with add";
  return isObject(item.attributes) ? problemOfAttributes(item.attributes) : "attributes must be an object";
}

function problemOfAttributes(attributes: Record<string, unknown>): string | undefined {
  const names = Object.keys(attributes);
  const { maxAttributesPerId } = limits;
  if (names.length > maxAttributesPerId) {
    return `has ${names.length} attributes, at most ${maxAttributesPerId} are allowed`;
  }
  for (const name of names) {
    if (!ATTRIBUTE_NAME.test(name)) return `the attribute name ${JSON.stringify(name)} is not valid`;
    const type = typeof attributes[name];
    if (type !== "string" && type !== "number" && type !== "boolean") {
      return `the attribute ${name} must be a string, a number or a boolean`;
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
