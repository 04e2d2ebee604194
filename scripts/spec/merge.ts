import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type Keys, pointerOf, valueAt } from "./json-path.ts";
import { SpecError } from "./spec-error.ts";

/** A document of the vendor's: the vendor has a page for each route, and a document on each page. */
export interface Page {
  /** What error messages call it. */
  name: string;
  document: JsonObject;
}

interface Difference {
  keys: Keys;
  /** The two values; `undefined` where a document has none. */
  values: [Json | undefined, Json | undefined];
}

/**
 * One document with the routes and components of all. What several pages say has to be the same on each of them, and
 * no route may be on two.
 */
export function mergeDocuments(pages: Page[]): JsonObject {
  for (const [index, page] of pages.entries()) {
    for (const earlier of pages.slice(0, index)) refuseConflict(earlier, page);
  }
  return pages.map(({ document }) => document).reduce(merge);
}

/** The routes of a document, for example "/audiences/update". */
export function routesOf({ paths }: JsonObject): string[] {
  return Object.keys(asObject(paths));
}

function refuseConflict(one: Page, other: Page): void {
  const routes = routesOf(other.document);
  const twice = routesOf(one.document).find((route) => routes.includes(route));
  if (twice !== undefined) {
    throw new SpecError(`${one.name} and ${other.name} both describe ${twice}. Import only one of them.`);
  }
  for (const keys of sharedParts(one.document, other.document)) {
    const [first, ...more] = differences(valueAt(one.document, keys), valueAt(other.document, keys), keys);
    if (first !== undefined) throw disagreement(one, other, keys, first, more.length);
  }
}

/** A component that both have, and every other part but the routes: it would hold for the routes of both. */
function sharedParts(one: JsonObject, other: JsonObject): Keys[] {
  const parts = allKeys(one, other).filter((key) => key !== "paths" && key !== "components");
  const components = Object.entries(asObject(one.components)).flatMap(([section, values]) =>
    Object.keys(asObject(values)).map((name) => ["components", section, name]),
  );
  return [...parts.map((key) => [key]), ...components.filter((keys) => valueAt(other, keys) !== undefined)];
}

function differences(one: Json | undefined, other: Json | undefined, keys: Keys): Difference[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isObject(one) || !isObject(other)) return [{ keys, values: [one, other] }];
  return allKeys(one, other).flatMap((key) =>
    differences(valueAt(one, [key]), valueAt(other, [key]), [...keys, key]),
  );
}

function disagreement(one: Page, other: Page, keys: Keys, first: Difference, more: number): SpecError {
  const [left, right] = excerpts(first.values);
  const others = more === 0 ? "" : `, and ${more} more ${more === 1 ? "difference" : "differences"}`;
  return new SpecError(
    `${pointerOf(keys)} differs between ${one.name} and ${other.name}: at ${pointerOf(first.keys)} the first has ` +
      `${left}, the second ${right}${others}. Fetch both pages again and import them together; while the vendor's ` +
      "own pages differ, leave one out.",
  );
}

/** Both values as JSON, long ones only around the place where they begin to differ. */
function excerpts(values: Difference["values"]): string[] {
  const [one, other] = values.map((value) => JSON.stringify(value) ?? "nothing") as [string, string];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const start = Math.max(0, same - 30);
  return [one, other].map((text) => {
    const excerpt = text.slice(start, start + 80);
    return `${start > 0 ? "…" : ""}${excerpt}${start + excerpt.length < text.length ? "…" : ""}`;
  });
}

function merge(one: JsonObject, other: JsonObject): JsonObject {
  return {
    ...one,
    components: mergeSections(one.components, other.components),
    paths: { ...asObject(one.paths), ...asObject(other.paths) },
  };
}

function mergeSections(one: Json | undefined, other: Json | undefined): JsonObject {
  const [ours, theirs] = [asObject(one), asObject(other)];
  return Object.fromEntries(
    allKeys(ours, theirs).map((section) => [
      section,
      { ...asObject(ours[section]), ...asObject(theirs[section]) },
    ]),
  );
}

function allKeys(one: JsonObject, other: JsonObject): string[] {
  return Object.keys({ ...one, ...other });
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
