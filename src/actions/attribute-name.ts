import { limits } from "../../generated/limits.ts";

type Wrap = "date" | "url" | undefined;

/**
 * A parsed attribute name. `base` is the name without `date(…)` or `url(…)`, `other` the base with the wrap that the name does
 * not have. The JSON before a value: `plain` up to the colon; `text`, `date` and `url` with the quote after it.
 */
export interface AttributeName {
  base: string;
  wrap: Wrap;
  other: string;
  plain: string;
  text: string;
  date: string;
  url: string;
}

const WRAPPED = /^(date|url)\((.*)\)$/s;
const ATTRIBUTE_NAME = new RegExp(limits.attributeNamePattern);

export function parseName(name: string): AttributeName | undefined {
  if (!ATTRIBUTE_NAME.test(name)) return undefined;
  const wrapped = WRAPPED.exec(name);
  const wrap = wrapped?.[1] as Wrap;
  const base = wrapped?.[2] ?? name;
  return {
    base,
    wrap,
    other: wrap === "date" ? `url(${base})` : `date(${base})`,
    plain: `"${name}":`,
    text: `"${name}":"`,
    date: `"date(${base})":"`,
    url: `"url(${base})":"`,
  };
}

/** Whether another key of the object names the same attribute. */
export function isNamedTwice(
  { base, other }: AttributeName,
  attributes: Readonly<Record<string, unknown>>,
): boolean {
  const has = (key: string) => Object.hasOwn(attributes, key) && attributes[key] !== undefined;
  return has(base) || has(other);
}
