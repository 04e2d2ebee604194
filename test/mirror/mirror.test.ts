import { describe, expect, it } from "vitest";
import type { AudienceMember } from "../../src/actions/action.ts";
import { createClient } from "../../src/client.ts";
import { ApiError, ConfigurationError } from "../../src/errors.ts";
import { MirrorGuardError, type MirrorOptions, MirrorStateError, mirror } from "../../src/mirror/index.ts";
import type { FakeBatchOptions } from "../../src/testing/fake-options.ts";
import { createFakeBatch } from "../../src/testing/in-process.ts";
import { memorySnapshotStore } from "../../src/testing/memory-snapshot-store.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import { rejection } from "../support/expectations.ts";

const ids = (...names: string[]): AudienceMember[] => names.map((id) => ({ id }));
const many = (count: number, from = 0) => ids(...Array.from({ length: count }, (_, at) => `id-${from + at}`));

/** An audience, its state, and a run on them. */
function start(options: FakeBatchOptions = {}) {
  const fake = createFakeBatch(options);
  const { url: baseUrl, fetch, runtime } = fake;
  const keys = { restKey: "rest", projectKey: "project", requestsPerSecond: Infinity };
  const client = () => createClient({ ...keys, baseUrl, fetch }, runtime);
  const state = memorySnapshotStore();
  const run = (members: Iterable<unknown>, more: Partial<MirrorOptions> = {}) =>
    mirror(client(), "vips", members as AudienceMember[], {
      state,
      baseline: "empty",
      maxRemoved: "100%",
      ...more,
    });
  const content = () => {
    fake.settled();
    return Object.fromEntries(fake.audience("vips"));
  };
  const sent = () => fake.requests.filter(({ route }) => route.startsWith("POST"));
  return { fake, client, state, run, content, sent };
}

describe("a run", () => {
  it("adds what is new, removes what has gone, adds again what has changed, and sends nothing else", async () => {
    const { run, content, sent } = start();
    await run([{ id: "a" }, { id: "b", attributes: { n: 1 } }, { id: "c" }]);
    const report = await run([{ id: "a" }, { id: "b", attributes: { n: 2 } }, { id: "d" }]);
    expect(report).toMatchObject({
      members: 3,
      added: 1,
      changed: 1,
      removed: 1,
      unchanged: 1,
      duplicates: 0,
      expectedIds: 3,
      actualIds: 3,
      applied: true,
      accepted: 3,
      requests: 1,
    });
    expect(content()).toEqual({ a: {}, b: { n: 2 }, d: {} });
    expect(sent().map(({ ids }) => ids?.toSorted())).toEqual([
      ["a", "b", "c"],
      ["b", "c", "d"],
    ]);
  });
});
