import { limits } from "../../generated/limits.ts";

type Wrap = "date" | "url" | undefined;

/** An attribute name as parsed: the attribute it names, how it is wrapped, and its JSON for each way to send it. */
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

/** Whether another key of the same object names the attribute as well. */
export function isNamedTwice({ base, wrap }: AttributeName, attributes: object): boolean {
  const other = wrap === "date" ? `url(${base})` : `date(${base})`;
  return Object.hasOwn(attributes, base) || Object.hasOwn(attributes, other);
}
