import { limits } from "../../generated/limits.ts";
import type { ActionIssue, AudienceAction } from "./action.ts";
import { type AttributeHeads, type AttributeName, AttributeNames } from "./attribute-name.ts";
import { ORDINARY_ID, suspicionOfText, suspicionsOfId } from "./suspicious.ts";
import { utf8Length } from "./utf8.ts";
import {
  addressOf,
  describeValue,
  isOrdinaryWrapped,
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
export const ADD_HEAD = '{"action":"add","id":"';
export const REMOVE_HEAD = '{"action":"remove","id":"';
export const MEMBER_HEAD = '{"id":"';

/** Called for each value that is legal but looks like a mistake. */
export type OnWarning = (reason: string, index: number, id: string, path: string) => void;

const PRINTABLE_ASCII = /^[ !#-[\]-~]*$/;
const NOT_BLANK = /\S/;

/** Decides whether each action is valid, and writes it. */
export class ActionEncoder {
  readonly #records: "actions" | "members";
  readonly #maxBytes: number;
  readonly #onWarning: OnWarning;
  readonly #names = new AttributeNames();
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
    const writtenId = this.#encodeId(id);
    let head = "";
    let tail = '"}';
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
    return head + writtenId + tail;
  }

  /** The JSON of the id without its quotes. */
  #encodeId(id: unknown): string {
    if (typeof id !== "string") {
      this.#reject("id", `expected a string, got ${describeValue(id)}`);
      return "";
    }
    this.#id = id;
    return ORDINARY_ID.test(id) ? id : this.#escapeUnusualId(id);
  }

  #escapeUnusualId(id: string): string {
    if (!NOT_BLANK.test(id)) this.#reject("id", "expected an id, got a blank string");
    else for (const suspicion of suspicionsOfId(id)) this.#warn("id", suspicion);
    return this.#escape(id);
  }

  /** The JSON from the end of the id to the end of the action. */
  #encodeAttributes(attributes: unknown): string {
    if (!isPlainObject(attributes)) {
      const given = describeValue(attributes);
      this.#reject("attributes", `expected an object of names and values, got ${given}`);
      return "";
    }
    this.#names.startAction();
    let json = '","attributes":{';
    let count = 0;
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      // Left out, as by JSON.stringify.
      if (value !== undefined) json += this.#encodeAttribute(key, value, count++);
    }
    if (count > limits.maxAttributesPerId) {
      const expected = `expected at most ${limits.maxAttributesPerId} attributes`;
      this.#reject("attributes", `${expected}, got ${count}`);
    }
    return `${json}}}`;
  }

  #encodeAttribute(key: string, value: unknown, place: number): string {
    const name = this.#names.parse(key, place);
    if (name === undefined) {
      this.#rejectAttribute(
        key,
        "expected an attribute name of 1 to 30 characters of a-z, 0-9 and _, alone or as date(…) or url(…)",
      );
      return "";
    }
    if (this.#names.isRepeated(name)) {
      this.#rejectAttribute(key, `two keys name the attribute "${name.attribute.name}": use one of them`);
    }
    // With the comma in the head, an attribute takes one string less.
    const heads = place === 0 ? name.first : name.further;
    switch (typeof value) {
      case "string":
        return this.#encodeText(name, heads, value);
      case "number":
        if (!Number.isFinite(value)) this.#rejectAttribute(key, `expected a finite number, got ${value}`);
        break;
      case "boolean":
        break;
      default:
        return this.#encodeObject(name, heads, value);
    }
    if (name.wrap !== undefined) {
      this.#rejectAttribute(key, `${name.wrap}(…) takes ${WRAPPED_VALUES[name.wrap]}, got a ${typeof value}`);
    }
    return heads.plain + String(value);
  }

  #encodeText({ key, wrap }: AttributeName, heads: AttributeHeads, text: string): string {
    if (wrap !== undefined) {
      if (isOrdinaryWrapped(wrap, text)) return `${heads.text}${text}"`;
      const problem = problemOfWrapped(wrap, text);
      if (problem !== undefined) this.#rejectAttribute(key, problem);
    } else {
      const suspicion = suspicionOfText(text);
      if (suspicion !== undefined) this.#warn(`attributes.${key}`, suspicion);
    }
    return `${heads.text}${this.#escape(text)}"`;
  }

  #encodeObject({ key, wrap }: AttributeName, heads: AttributeHeads, value: unknown): string {
    if (value instanceof Date) {
      const problem = problemOfDate(wrap, value);
      if (problem === undefined) return `${heads.date}${Date.prototype.toISOString.call(value)}"`;
      this.#rejectAttribute(key, problem);
      return "";
    }
    if (value instanceof URL) {
      if (wrap === "date") this.#rejectAttribute(key, `date(…) takes ${WRAPPED_VALUES.date}, got a URL`);
      const address = addressOf(value);
      const problem =
        address === undefined
          ? "expected a URL, got an object that only looks like one"
          : problemOfLength(address);
      if (problem !== undefined) this.#rejectAttribute(key, problem);
      return `${heads.url}${this.#escape(address ?? "")}"`;
    }
    const expected = "expected a string, a finite number, a boolean, a Date or a URL";
    this.#rejectAttribute(key, `${expected}, got ${describeValue(value)}`);
    return "";
  }

  /** The JSON of a string without its quotes. Most need no escape; a regular expression is cheaper than `JSON.stringify`. */
  #escape(text: string): string {
    if (PRINTABLE_ASCII.test(text)) return text;
    const json = JSON.stringify(text);
    this.#extraBytes += utf8Length(json) - json.length;
    return json.slice(1, -1);
  }

  #rejectAttribute(key: string, reason: string): void {
    this.#reject(`attributes.${key}`, reason);
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
