import { limits } from "../../generated/limits.ts";

type Wrap = "date" | "url" | undefined;

/** A parsed attribute name. `base` has no `date(…)` or `url(…)`. `plain`, `date` and `url` are JSON, colon included. */
export interface AttributeName {
  base: string;
  wrap: Wrap;
  plain: string;
  date: string;
  url: string;
}

const WRAPPED = /^(date|url)\((.*)\)$/s;
const ATTRIBUTE_NAME = new RegExp(limits.attributeNamePattern);

export function parseName(name: string): AttributeName | undefined {
  if (!ATTRIBUTE_NAME.test(name)) return undefined;
  const [, wrap, inner] = WRAPPED.exec(name) ?? [];
  const base = inner ?? name;
  return {
    base,
    wrap: wrap as Wrap,
    plain: `"${name}":`,
    date: `"date(${base})":`,
    url: `"url(${base})":`,
  };
}

/** Whether another key of the object names the same attribute. */
export function isNamedTwice({ base, wrap }: AttributeName, attributes: object): boolean {
  const other = wrap === "date" ? `url(${base})` : `date(${base})`;
  return Object.hasOwn(attributes, base) || Object.hasOwn(attributes, other);
}
