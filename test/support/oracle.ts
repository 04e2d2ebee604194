// What the audience must end as: the actions applied one after the other, with nothing in between that could go wrong.

import { isDeepStrictEqual } from "node:util";
import type { FakeBatch } from "../../src/testing/fake-batch.ts";
import type { Counts } from "../../src/update/report.ts";

/** An action as a caller writes it, with values that are encoded on their way. */
interface SourceAction {
  action: "add" | "remove";
  id: string;
  attributes?: Readonly<Record<string, unknown>> | undefined;
}

type Content = Map<string, Record<string, unknown>>;

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

/** What is wrong with a server once all is applied, in words: rules that were broken, ids in a wrong state. */
export function problems(server: FakeBatch, audiences: Record<string, SourceAction[]>): string[] {
  server.settled();
  const broken = server.violations.slice(0, 5).map((violation) => JSON.stringify(violation));
  const wrong = Object.entries(audiences).flatMap(([audience, actions]) =>
    differences(server.audience(audience), oracle(actions), 3).map(
      (difference) => `${audience}: ${difference}`,
    ),
  );
  return [...broken, ...wrong];
}

/** By how many actions the sums differ: 0 when the report balances. */
export function imbalance(counts: Counts): number {
  const { received, superseded, rejected, accepted, failed, unsent } = counts;
  const min = Math.min(superseded, rejected, accepted, failed, unsent);
  return min < 0 ? min : received - (superseded + rejected + accepted + failed + unsent);
}

/** Dates and URLs are named in their attribute's name, unless it is wrapped already. */
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
