// What the audience must end as: the actions applied one after the other, with nothing in between that could go wrong.

import { isDeepStrictEqual } from "node:util";

/** An action as a caller writes it, with values that are encoded on their way. */
export interface SourceAction {
  action: "add" | "remove";
  id: string;
  attributes?: Readonly<Record<string, unknown>> | undefined;
}

export type Content = Map<string, Record<string, unknown>>;

export function oracle(actions: Iterable<SourceAction>, content: Content = new Map()): Content {
  for (const { action, id, attributes } of actions) {
    if (action === "add") content.set(id, encode(attributes ?? {}));
    else content.delete(id);
  }
  return content;
}

/** The ids, at most `limit` of them, over which the two disagree, in words: empty when they are the same. */
export function differences(actual: Content, expected: Content, limit = 10): string[] {
  const found: string[] = [];
  for (const id of new Set([...expected.keys(), ...actual.keys()])) {
    if (isDeepStrictEqual(actual.get(id), expected.get(id))) continue;
    found.push(`${id}: is ${show(actual.get(id))}, should be ${show(expected.get(id))}`);
    if (found.length === limit) break;
  }
  return found;
}

/** Dates and URLs say what they are in their name, unless they already do. */
function encode(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (value instanceof Date) return [wrap("date", name), value.toISOString()];
      if (value instanceof URL) return [wrap("url", name), value.href];
      return [name, value];
    }),
  );
}

function wrap(type: string, name: string): string {
  return name.endsWith(")") ? name : `${type}(${name})`;
}

function show(attributes: Record<string, unknown> | undefined): string {
  return attributes === undefined ? "absent" : `present with ${JSON.stringify(attributes)}`;
}
