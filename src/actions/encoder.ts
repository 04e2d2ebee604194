import { limits } from "../../generated/limits.ts";
import type { ActionIssue, AudienceAction } from "./action.ts";
import { type AttributeName, isNamedTwice, parseName } from "./attribute-name.ts";
import { ORDINARY_ID, suspicionOfText, suspicionsOfId } from "./suspicious.ts";
import { utf8Length } from "./utf8.ts";

/** An action as it will go out: serialised once, here. */
export interface EncodedAction {
  id: string;
  json: string;
  /** Length of `json` in UTF-8. */
  bytes: number;
}

export interface EncoderOptions {
  /** The largest `json` that fits a request, in UTF-8 bytes. */
  maxBytes: number;
  /** Called for each thing that keeps an action from being sent. */
  onIssue(issue: ActionIssue): void;
  /** Called for each thing that is legal but looks like a mistake. */
  onWarning(reason: string, index: number, id: string, path: string): void;
}

/** The vendor's example has neither fractions nor an offset; RFC 3339 allows both, and "UTC" leaves only a zero offset. */
const RFC_3339_UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]00:00)$/;
const MAX_URL_LENGTH = 2048;
/** Names repeat from action to action. A source that makes up new ones forever must not fill the memory. */
const NAMES_REMEMBERED = 1000;
const PRINTABLE_ASCII = /^[ !#-[\]-~]*$/;
const NOT_BLANK = /\S/;

/** Whether each action is valid, and how it is written. The returned function gives `undefined` for one with an issue. */
export function createEncoder({ maxBytes, onIssue, onWarning }: EncoderOptions) {
  const names = new Map<string, AttributeName | undefined>();
  let index = 0;
  let id: string | undefined;
  let flawed = false;
  /** What the action's UTF-8 takes beyond a byte for each character. */
  let extraBytes = 0;

  function reject(path: string, reason: string): void {
    flawed = true;
    onIssue(id === undefined ? { index, path, reason } : { index, id, path, reason });
  }

  function warn(path: string, reason: string): void {
    onWarning(reason, index, id ?? "", path);
  }

  /** Most strings need no escape, and a look is cheaper than a call. */
  function quote(text: string): string {
    if (PRINTABLE_ASCII.test(text)) return `"${text}"`;
    const json = JSON.stringify(text);
    extraBytes += utf8Length(json) - json.length;
    return json;
  }

  function unusual(id: string): string {
    if (!NOT_BLANK.test(id)) reject("id", "expected an id, got a blank string");
    else for (const suspicion of suspicionsOfId(id)) warn("id", suspicion);
    return quote(id);
  }

  function nameOf(name: string): AttributeName | undefined {
    let parsed = names.get(name);
    if (parsed === undefined && !names.has(name)) {
      if (names.size >= NAMES_REMEMBERED) names.clear();
      parsed = parseName(name);
      names.set(name, parsed);
    }
    return parsed;
  }

  function attribute(key: string, value: unknown, attributes: object): string {
    const path = `attributes.${key}`;
    const name = nameOf(key);
    if (name === undefined) {
      reject(path, "an attribute name is 1 to 30 of a-z, 0-9 and _, alone or wrapped as date(…) or url(…)");
      return "";
    }
    // Keys of an object differ, so two can only name one attribute if one of them is wrapped.
    if (name.wrap !== undefined && isNamedTwice(name, attributes)) {
      reject(path, `another key names the attribute "${name.base}" as well: keep one of them`);
    }
    switch (typeof value) {
      case "string": {
        const problem = name.wrap === undefined ? undefined : problemOfWrapped(name.wrap, value);
        if (problem !== undefined) reject(path, problem);
        if (name.wrap === undefined) {
          const suspicion = suspicionOfText(value);
          if (suspicion !== undefined) warn(path, suspicion);
        }
        return name.plain + quote(value);
      }
      case "number":
        if (!Number.isFinite(value)) reject(path, `expected a finite number, got ${value}`);
        break;
      case "boolean":
        break;
      default:
        if (value instanceof Date) return name.date + date(path, name, value);
        if (value instanceof URL) return name.url + address(path, name, value);
        reject(
          path,
          `expected a string, a finite number, a boolean, a Date or a URL, got ${nameOfType(value)}`,
        );
        return "";
    }
    if (name.wrap !== undefined)
      reject(path, `${name.wrap}(…) takes ${WRAPPED_VALUES[name.wrap]}, got a ${typeof value}`);
    return name.plain + String(value);
  }

  function date(path: string, name: AttributeName, value: Date): string {
    const year = value.getUTCFullYear();
    if (Number.isNaN(year)) reject(path, "expected a valid Date, got an Invalid Date");
    else if (year < 0 || year > 9999)
      reject(path, `RFC 3339 writes the years 0 to 9999, got the year ${year}`);
    else if (name.wrap === "url") reject(path, `url(…) takes ${WRAPPED_VALUES.url}, got a Date`);
    else return `"${value.toISOString()}"`;
    return "";
  }

  function address(path: string, name: AttributeName, value: URL): string {
    if (name.wrap === "date") reject(path, `date(…) takes ${WRAPPED_VALUES.date}, got a URL`);
    const problem = problemOfLength(value.href);
    if (problem !== undefined) reject(path, problem);
    return quote(value.href);
  }

  /** To the end of the action. */
  function attributesOf(attributes: unknown): string {
    if (!isPlainObject(attributes)) {
      reject("attributes", `expected an object of names and values, got ${nameOfType(attributes)}`);
      return "";
    }
    const keys = Object.keys(attributes);
    if (keys.length > limits.maxAttributesPerId) {
      reject("attributes", `expected at most ${limits.maxAttributesPerId} attributes, got ${keys.length}`);
    }
    let json = "";
    for (const key of keys) {
      if (json !== "") json += ",";
      json += attribute(key, attributes[key], attributes);
    }
    return `,"attributes":{${json}}}`;
  }

  return function encode(value: unknown, position: number): EncodedAction | undefined {
    index = position;
    id = undefined;
    flawed = false;
    extraBytes = 0;
    if (typeof value !== "object" || value === null) {
      reject("", `expected an action, { action: "add" | "remove", id }, got ${nameOfType(value)}`);
      return undefined;
    }
    const action = value as Partial<Record<keyof AudienceAction, unknown>>;
    let quotedId = "";
    if (typeof action.id !== "string") reject("id", `expected a string, got ${nameOfType(action.id)}`);
    else {
      id = action.id;
      quotedId = ORDINARY_ID.test(id) ? `"${id}"` : unusual(id);
    }

    let head = "";
    let tail = "}";
    const { action: kind, attributes } = action;
    if (kind === "add") {
      head = '{"action":"add","id":';
      if (attributes !== undefined) tail = attributesOf(attributes);
    } else if (kind === "remove") {
      head = '{"action":"remove","id":';
      if (attributes !== undefined) reject("attributes", 'only an "add" takes attributes: leave them out');
    } else reject("action", `expected "add" or "remove", got ${nameOfType(kind)}`);
    for (const key in action) {
      if (key !== "action" && key !== "id" && key !== "attributes")
        warn(key, "an unknown property, which is not sent");
    }
    if (flawed || id === undefined) return undefined;

    const json = head + quotedId + tail;
    // Counted where it is quoted: a look at the whole would put together here what is put together with its block.
    const bytes = json.length + extraBytes;
    if (bytes > maxBytes) {
      reject(
        "",
        `takes ${bytes} bytes, more than the ${maxBytes} that a request has room for (maxBytesPerRequest)`,
      );
      return undefined;
    }
    return { id, json, bytes };
  };
}

const WRAPPED_VALUES = {
  date: 'a Date or a string in RFC 3339 UTC, like "2026-11-23T09:30:00Z"',
  url: "a URL or a string with an absolute address",
} as const;

function problemOfWrapped(wrap: "date" | "url", text: string): string | undefined {
  if (wrap === "date") {
    const time = RFC_3339_UTC.exec(text)?.[1];
    const parsed = new Date(`${time}Z`);
    // Runtimes read a 30th of February as the 2nd of March: what comes back must be what was given.
    const valid = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(`${time}.`);
    return valid ? undefined : `date(…) takes ${WRAPPED_VALUES.date}, got ${shown(text)}`;
  }
  try {
    new URL(text);
  } catch {
    return `url(…) takes ${WRAPPED_VALUES.url}, got ${shown(text)}`;
  }
  return problemOfLength(text);
}

function problemOfLength(url: string): string | undefined {
  return url.length > MAX_URL_LENGTH
    ? `expected a URL of at most ${MAX_URL_LENGTH} characters, got ${url.length}`
    : undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return `the string ${shown(value)}`;
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
