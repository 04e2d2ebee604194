import { limits } from "../../generated/limits.ts";

type Wrap = "date" | "url" | undefined;

/**
 * A parsed attribute name. `base` is the name without `date(…)` or `url(…)`; `plain`, `date` and `url` are its JSON with
 * a colon.
 */
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
export function isNamedTwice(
  { base, wrap }: AttributeName,
  attributes: Readonly<Record<string, unknown>>,
): boolean {
  const other = wrap === "date" ? `url(${base})` : `date(${base})`;
  const has = (key: string) => Object.hasOwn(attributes, key) && attributes[key] !== undefined;
  return has(base) || has(other);
}
