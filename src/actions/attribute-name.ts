import { limits } from "../../generated/limits.ts";

/** The JSON of an attribute before its value, by what the value is: `plain` up to the colon, the others with the quote after it. */
export interface AttributeHeads {
  plain: string;
  text: string;
  date: string;
  url: string;
}

/** A parsed key of an action's attributes. `first` begins the attributes of an action, `further` follows others. */
export interface AttributeName {
  key: string;
  wrap: "date" | "url" | undefined;
  attribute: Attribute;
  first: AttributeHeads;
  further: AttributeHeads;
}

/** What a key names: `a`, `date(a)` and `url(a)` are one attribute. */
interface Attribute {
  name: string;
  /** Number of the last action that has it. */
  action: number;
}

/** Keys repeat, so they are parsed once. The limit bounds the memory for a source with ever new keys. */
const MAX_CACHED_NAMES = 1000;
const WRAPPED = /^(date|url)\((.*)\)$/s;
const ATTRIBUTE_NAME = new RegExp(limits.attributeNamePattern);

/** Parses the keys of one action's attributes after the other's. */
export class AttributeNames {
  readonly #names = new Map<string, AttributeName | undefined>();
  readonly #attributes = new Map<string, Attribute>();
  /** Those of the actions before, by place: most actions have the same keys in the same order. */
  #expected: AttributeName[] = [];
  #action = 0;

  /** Goes on to the next action. */
  startAction(): void {
    this.#action++;
    // Only here: within an action, equal attributes must stay one object.
    if (this.#names.size <= MAX_CACHED_NAMES) return;
    this.#names.clear();
    this.#attributes.clear();
    this.#expected = [];
  }

  /** `place` counts the attributes of the action. `undefined` if the API knows no such name. */
  parse(key: string, place: number): AttributeName | undefined {
    const expected = this.#expected[place];
    if (expected?.key === key) return expected;
    let name = this.#names.get(key);
    if (name === undefined && !this.#names.has(key)) {
      name = this.#parse(key);
      this.#names.set(key, name);
    }
    if (name !== undefined && place < limits.maxAttributesPerId) this.#expected[place] = name;
    return name;
  }

  /** Notes that the action has the attribute. True if it had it before. */
  isRepeated({ attribute }: AttributeName): boolean {
    if (attribute.action === this.#action) return true;
    attribute.action = this.#action;
    return false;
  }

  #parse(key: string): AttributeName | undefined {
    if (!ATTRIBUTE_NAME.test(key)) return undefined;
    const wrapped = WRAPPED.exec(key);
    const name = wrapped?.[2] ?? key;
    const attribute = this.#attributes.get(name) ?? { name, action: 0 };
    this.#attributes.set(name, attribute);
    const [first, further] = [headsOf(key, name, ""), headsOf(key, name, ",")];
    return { key, wrap: wrapped?.[1] as AttributeName["wrap"], attribute, first, further };
  }
}

function headsOf(key: string, name: string, comma: string): AttributeHeads {
  return {
    plain: `${comma}"${key}":`,
    text: `${comma}"${key}":"`,
    date: `${comma}"date(${name})":"`,
    url: `${comma}"url(${name})":"`,
  };
}
