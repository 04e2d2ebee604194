// What audiences must end as: actions and calls carried out one after the other, with nothing in between that could go wrong.

import { isDeepStrictEqual } from "node:util";
import type { FakeBatch } from "../../src/testing/index.ts";
import type { Counts } from "../../src/update/report.ts";

/** An action as a caller writes it, with values that are encoded on their way. */
interface SourceAction {
  action: "add" | "remove";
  id: string;
  attributes?: Readonly<Record<string, unknown>> | undefined;
}

type Content = Map<string, Record<string, unknown>>;
type ReadonlyContent = ReadonlyMap<string, Record<string, unknown>>;
type Server = Pick<FakeBatch, "audience" | "audiences" | "settled" | "violations">;

export function oracle(actions: Iterable<SourceAction>, content: Content = new Map()): Content {
  for (const { action, id, attributes } of actions) {
    if (action === "add") content.set(id, encode(attributes ?? {}));
    else content.delete(id);
  }
  return content;
}

/** A call of a client. `members` are what the audience holds after a replace. */
export type AudienceCall = { audience: string } & (
  | { call: "create" }
  | { call: "delete" }
  | { call: "update"; actions: Iterable<SourceAction> }
  | { call: "replace"; members: Iterable<Omit<SourceAction, "action">> }
);

/** A call for an audience that there is not changes nothing, and so does the creation of one that there is. */
export function audiencesAfter(
  calls: Iterable<AudienceCall>,
  audiences = new Map<string, Content>(),
): Map<string, Content> {
  for (const call of calls) {
    const { audience } = call;
    const content = audiences.get(audience);
    if (call.call === "create") audiences.set(audience, content ?? new Map());
    else if (call.call === "delete") audiences.delete(audience);
    else if (content !== undefined) {
      if (call.call === "replace") content.clear();
      oracle(call.call === "replace" ? addsOf(call.members) : call.actions, content);
    }
  }
  return audiences;
}

/** The ids, at most `limit` of them, over which the two disagree, in words: empty when they are the same. */
export function differences(actual: ReadonlyContent, expected: Content, limit = 10): string[] {
  const found: string[] = [];
  for (const id of new Set([...expected.keys(), ...actual.keys()])) {
    if (isDeepStrictEqual(actual.get(id), expected.get(id))) continue;
    found.push(`${id}: is ${show(actual.get(id))}, should be ${show(expected.get(id))}`);
    if (found.length === limit) break;
  }
  return found;
}

/** What is wrong with a server once all is applied, in words: rules that were broken, ids in a wrong state. */
export function problems(server: Server, audiences: Record<string, SourceAction[]>): string[] {
  applyAll(server);
  const wrong = Object.entries(audiences).flatMap(([audience, actions]) =>
    wrongIn(audience, server.audience(audience).members, oracle(actions)),
  );
  return [...rulesBroken(server), ...wrong];
}

/** The same of a server that had these audiences, all empty, and was sent these calls. */
export function problemsAfter(
  server: Server,
  calls: Iterable<AudienceCall>,
  audiences: readonly string[] = [],
): string[] {
  applyAll(server);
  const expected = audiencesAfter(calls, new Map(audiences.map((name) => [name, new Map()])));
  const actual = server.audiences();
  const wrong = [...new Set([...expected.keys(), ...actual.keys()])].flatMap((audience) => {
    const [is, should] = [actual.get(audience)?.members, expected.get(audience)];
    if (is === undefined) return [`${audience}: is missing`];
    return should === undefined ? [`${audience}: should not be there`] : wrongIn(audience, is, should);
  });
  return [...rulesBroken(server), ...wrong];
}

/** It is done when the call returns. What it rejects with, the end of the environment rejects with too. */
function applyAll(server: Server): void {
  server.settled().catch(() => {});
}

function rulesBroken(server: Server): string[] {
  return server.violations.slice(0, 5).map((violation) => JSON.stringify(violation));
}

function wrongIn(audience: string, actual: ReadonlyContent, expected: Content): string[] {
  return differences(actual, expected, 3).map((difference) => `${audience}: ${difference}`);
}

function addsOf(members: Iterable<Omit<SourceAction, "action">>): SourceAction[] {
  return Array.from(members, (member) => ({ ...member, action: "add" }));
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
