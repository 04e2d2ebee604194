import { limits } from "../../generated/limits.ts";
import type { ActionIssue, AudienceAction } from "./action.ts";
import { type AttributeName, isNamedTwice, parseName } from "./attribute-name.ts";
import { ORDINARY_ID, suspicionOfText, suspicionsOfId } from "./suspicious.ts";
import { utf8Length } from "./utf8.ts";
import {
  describeValue,
  isPlainObject,
  problemOfDate,
  problemOfLength,
  problemOfWrapped,
  WRAPPED_VALUES,
} from "./value-rules.ts";

/** An action as it will be sent. It is serialised only here. */
export interface EncodedAction {
  id: string;
  json: string;
  /** Length of `json` in UTF-8. */
  bytes: number;
}

/** How an add and a remove begin, and how a member begins: without the action. */
export const ADD_HEAD = '{"action":"add","id":';
export const REMOVE_HEAD = '{"action":"remove","id":';
export const MEMBER_HEAD = '{"id":';

/** Called for each value that is legal but looks like a mistake. */
export type OnWarning = (reason: string, index: number, id: string, path: string) => void;

/** Names repeat, so they are parsed once. The limit bounds the memory for a source with ever new names. */
const MAX_CACHED_NAMES = 1000;
const PRINTABLE_ASCII = /^[ !#-[\]-~]*$/;
const NOT_BLANK = /\S/;

/** Decides whether each action is valid, and writes it. */
export class ActionEncoder {
  readonly #records: "actions" | "members";
  readonly #maxBytes: number;
  readonly #onWarning: OnWarning;
  readonly #names = new Map<string, AttributeName | undefined>();
  /** State of the action that is being encoded. */
  #index = 0;
  #id: string | undefined;
  #issues: ActionIssue[] | undefined;
  /** Bytes of its UTF-8 beyond one per character. */
  #extraBytes = 0;

  /** `maxBytes` is the largest `json` that fits a request. A member is written as an add. */
  constructor(maxBytes: number, onWarning: OnWarning, records: "actions" | "members" = "actions") {
    this.#records = records;
    this.#maxBytes = maxBytes;
    this.#onWarning = onWarning;
  }

  /** The action as it will be sent, or all its issues. Throws what a getter of the record throws. */
  encode(record: unknown, index: number): EncodedAction | ActionIssue[] {
    this.#index = index;
    this.#id = undefined;
    this.#issues = undefined;
    this.#extraBytes = 0;
    const json = this.#encodeAction(record);
    if (this.#issues !== undefined) return this.#issues;
    // Counted while quoting; measuring `json` would flatten V8's rope string here.
    const bytes = json.length + this.#extraBytes;
    if (bytes <= this.#maxBytes) return { id: this.#id!, json, bytes };
    const room = `but a request has room for only ${this.#maxBytes} (maxBytesPerRequest)`;
    this.#reject("", `takes ${bytes} bytes, ${room}`);
    return this.#issues!;
  }

  #encodeAction(record: unknown): string {
    if (typeof record !== "object" || record === null) {
      const expected = 'expected an action, { action: "add" | "remove", id }';
      this.#reject("", `${expected}, got ${describeValue(record)}`);
      return "";
    }
    const { id, action: given, attributes } = record as Partial<Record<keyof AudienceAction, unknown>>;
    const action = given === undefined && this.#records === "members" ? "add" : given;
    const quotedId = this.#encodeId(id);
    let head = "";
    let tail = "}";
    if (action === "add") {
      head = ADD_HEAD;
      if (attributes !== undefined) tail = this.#encodeAttributes(attributes);
    } else if (action === "remove" && this.#records === "actions") {
      head = REMOVE_HEAD;
      if (attributes !== undefined) this.#reject("attributes", 'only an "add" has attributes: remove them');
    } else {
      const expected =
        this.#records === "actions" ? '"add" or "remove"' : "no action: a member is on the audience";
      this.#reject("action", `expected ${expected}, got ${describeValue(action)}`);
    }
    for (const key in record) {
      if (key !== "action" && key !== "id" && key !== "attributes") {
        this.#warn(key, "an unknown property, which is not sent");
      }
    }
    return head + quotedId + tail;
  }

  #encodeId(id: unknown): string {
    if (typeof id !== "string") {
      this.#reject("id", `expected a string, got ${describeValue(id)}`);
      return "";
    }
    this.#id = id;
    return ORDINARY_ID.test(id) ? `"${id}"` : this.#quoteUnusualId(id);
  }

  #quoteUnusualId(id: string): string {
    if (!NOT_BLANK.test(id)) this.#reject("id", "expected an id, got a blank string");
    else for (const suspicion of suspicionsOfId(id)) this.#warn("id", suspicion);
    return this.#quote(id);
  }

  /** The JSON from the attributes to the end of the action. */
  #encodeAttributes(attributes: unknown): string {
    if (!isPlainObject(attributes)) {
      const given = describeValue(attributes);
      this.#reject("attributes", `expected an object of names and values, got ${given}`);
      return "";
    }
    const keys = Object.keys(attributes);
    if (keys.length > limits.maxAttributesPerId) {
      const expected = `expected at most ${limits.maxAttributesPerId} attributes`;
      this.#reject("attributes", `${expected}, got ${keys.length}`);
    }
    let json = "";
    for (const key of keys) {
      if (json !== "") json += ",";
      json += this.#encodeAttribute(key, attributes[key], attributes);
    }
    return `,"attributes":{${json}}}`;
  }

  #encodeAttribute(key: string, value: unknown, attributes: object): string {
    const path = `attributes.${key}`;
    const name = this.#parseName(key);
    if (name === undefined) {
      this.#reject(
        path,
        "expected an attribute name of 1 to 30 characters of a-z, 0-9 and _, alone or as date(…) or url(…)",
      );
      return "";
    }
    // Two keys can name one attribute only if one of them is wrapped.
    if (name.wrap !== undefined && isNamedTwice(name, attributes)) {
      this.#reject(path, `two keys name the attribute "${name.base}": use one of them`);
    }
    switch (typeof value) {
      case "string":
        return this.#encodeText(path, name, value);
      case "number":
        if (!Number.isFinite(value)) this.#reject(path, `expected a finite number, got ${value}`);
        break;
      case "boolean":
        break;
      default:
        return this.#encodeObject(path, name, value);
    }
    if (name.wrap !== undefined) {
      this.#reject(path, `${name.wrap}(…) takes ${WRAPPED_VALUES[name.wrap]}, got a ${typeof value}`);
    }
    return name.plain + String(value);
  }

  #encodeText(path: string, name: AttributeName, text: string): string {
    if (name.wrap === undefined) {
      const suspicion = suspicionOfText(text);
      if (suspicion !== undefined) this.#warn(path, suspicion);
    } else {
      const problem = problemOfWrapped(name.wrap, text);
      if (problem !== undefined) this.#reject(path, problem);
    }
    return name.plain + this.#quote(text);
  }

  #encodeObject(path: string, name: AttributeName, value: unknown): string {
    if (value instanceof Date) {
      const problem = problemOfDate(name.wrap, value);
      if (problem === undefined) return `${name.date}"${value.toISOString()}"`;
      this.#reject(path, problem);
      return "";
    }
    if (value instanceof URL) {
      if (name.wrap === "date") this.#reject(path, `date(…) takes ${WRAPPED_VALUES.date}, got a URL`);
      const problem = problemOfLength(value.href);
      if (problem !== undefined) this.#reject(path, problem);
      return name.url + this.#quote(value.href);
    }
    const expected = "expected a string, a finite number, a boolean, a Date or a URL";
    this.#reject(path, `${expected}, got ${describeValue(value)}`);
    return "";
  }

  /** Most strings need no escape; a regular expression is cheaper than `JSON.stringify`. */
  #quote(text: string): string {
    if (PRINTABLE_ASCII.test(text)) return `"${text}"`;
    const json = JSON.stringify(text);
    this.#extraBytes += utf8Length(json) - json.length;
    return json;
  }

  #parseName(name: string): AttributeName | undefined {
    let parsed = this.#names.get(name);
    if (parsed === undefined && !this.#names.has(name)) {
      if (this.#names.size >= MAX_CACHED_NAMES) this.#names.clear();
      parsed = parseName(name);
      this.#names.set(name, parsed);
    }
    return parsed;
  }

  #reject(path: string, reason: string): void {
    this.#issues ??= [];
    const [index, id] = [this.#index, this.#id];
    this.#issues.push(id === undefined ? { index, path, reason } : { index, id, path, reason });
  }

  #warn(path: string, reason: string): void {
    this.#onWarning(reason, this.#index, this.#id ?? "", path);
  }
}
