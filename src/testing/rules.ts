// The rules of the API's document that a request is checked against before anything is done.

import { limits } from "../../generated/limits.ts";
import { type Answer, malformed, refusal, unauthorized } from "./answers.ts";
import type { Refuse } from "./fake-options.ts";
import type { Action, WriteKind } from "./state.ts";

/** What the body of a request asks for. */
export interface Write {
  kind: WriteKind;
  name: string;
  /** The ids of a replace are adds; create and remove have none. */
  actions: readonly Action[];
  /** Of create, as it was sent. */
  type?: string;
  displayName?: string;
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

export function parseWrite(kind: WriteKind, text: string): Write | Answer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return malformed("The body is not valid JSON");
  }
  if (!isObject(body)) return malformed("The body is not an object");
  const refused = checkName(body.name);
  if (refused !== undefined) return refused;
  const name = body.name as string;
  if (kind === "remove") return { kind, name, actions: [] };
  return kind === "create" ? parseCreate(name, body) : parseIds(kind, name, body.ids);
}

function parseCreate(name: string, { type, display_name }: Record<string, unknown>): Write | Answer {
  if (typeof type !== "string" || type === "") return malformed("type is missing");
  const write: Write = { kind: "create", name, actions: [], type };
  if (display_name === undefined) return write;
  return typeof display_name === "string"
    ? { ...write, displayName: display_name }
    : malformed("display_name must be a string");
}

function parseIds(kind: "update" | "replace", name: string, ids: unknown): Write | Answer {
  if (!Array.isArray(ids)) return malformed("ids is missing");
  const { maxIdsPerRequest } = limits;
  if (ids.length > maxIdsPerRequest) {
    return malformed(`ids has ${ids.length} items, at most ${maxIdsPerRequest} are allowed`);
  }
  const problemIn = kind === "update" ? problemOfAction : problemOfMember;
  for (const [index, item] of ids.entries()) {
    const problem = isObject(item) ? problemIn(item) : "is not an object";
    if (problem !== undefined) return malformed(`ids[${index}]: ${problem}`);
  }
  const actions = kind === "update" ? ids : ids.map((member) => ({ action: "add", ...member }));
  return { kind, name, actions };
}

/** The refusal for the first action that the server does not want. It does not say which one that is. */
export function refuseAny(actions: readonly Action[], refuse: Refuse, status: 400 | 422): Answer | undefined {
  for (const action of actions) {
    const message = refuse(action);
    if (typeof message === "string") return refusal(status, "INVALID_PARAMETER", message);
  }
  return undefined;
}

type Item = Record<string, unknown>;

function problemOfAction(item: Item): string | undefined {
  if (item.action !== "add" && item.action !== "remove") return "action must be add or remove";
  const problem = problemOfIdAndAttributes(item);
  const isBare = item.action === "add" || item.attributes === undefined;
  return problem ?? (isBare ? undefined : "attributes are only accepted with add");
}

function problemOfMember(item: Item): string | undefined {
  return "action" in item ? "action is not accepted in a replace" : problemOfIdAndAttributes(item);
}

function problemOfIdAndAttributes({ id, attributes }: Item): string | undefined {
  if (typeof id !== "string" || id === "") return "id is missing";
  if (attributes === undefined) return undefined;
  return isObject(attributes) ? problemOfAttributes(attributes) : "attributes must be an object";
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
