// Any sequence of lists, each by a process of its own, through faults, kills and refusals.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { AudienceMember } from "../../src/actions/action.ts";
import { createAudienceClient } from "../../src/client.ts";
import { mirror } from "../../src/mirror/index.ts";
import { createFakeBatch, type FakeBatch, memorySnapshotStore } from "../../src/testing/index.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { DEATHS, Mortal } from "../support/mortal.ts";
import { differences, oracle } from "../support/oracle.ts";
import { member, serverOptions } from "./arbitraries.ts";

const list = fc.array(member, { maxLength: 14, size: "max" });

const run = fc.record({
  list,
  ending: fc.constantFrom("well", "killed", "killed", "refused", "aborted", "the source throws"),
  /** After so many requests, records, or operations of the store and the network. */
  at: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 80 })),
  death: fc.constantFrom(...DEATHS),
  /** Until the next one begins. */
  pauseMs: fc.constantFrom(0, 0, 1_000, 100_000),
  reassert: fc.constantFrom(false, false, false, true),
  maxIdsPerRequest: fc.integer({ min: 1, max: 5 }),
});

const cases = fc.record({
  runs: fc.array(run, { minLength: 1, maxLength: 6 }),
  last: list,
  baseline: fc.constantFrom("empty" as const, "replace" as const),
  /** Whether the API refuses one id that is added, or one that is removed. */
  refuses: fc.constantFrom("nothing", "nothing", "add", "remove"),
  /** Whether a refusal is of the request as a whole, or of the record in a 202. */
  in202: fc.boolean(),
  server: serverOptions,
});

const REFUSED = "id-1";

it("any sequence of lists ends in the last one, minus what the API refuses (G9)", {
  timeout: 240_000,
}, async () => {
  const property = fc.asyncProperty(cases, async (given) => {
    const { runs, last, baseline, refuses, in202 } = given;
    let interrupted: { status: number } | undefined;
    let requests = 0;
    let onRequest = () => {};
    const isRefused = (action: { action: string; id: string }) =>
      action.id === REFUSED && action.action === refuses ? "refused by the test" : undefined;
    const { latency: _, ...server } = given.server;
    const fake = createFakeBatch({
      requestsPerSecond: Infinity,
      ...server,
      faults: { ...server.faults, redirect: 0 },
      ...(in202 ? { refuseRecord: isRefused } : { refuse: isRefused }),
      script: () => {
        requests++;
        onRequest();
        return interrupted;
      },
    });
    if (baseline === "replace") await fill(fake);
    const state = memorySnapshotStore();
    const options = { state, baseline, maxRemoved: "100%", allowEmpty: true, refused: "isolate" } as const;

    for (const { list, ending, at, death, pauseMs, reassert, maxIdsPerRequest } of runs) {
      const process = new Mortal(ending === "killed" ? at : Infinity, death);
      const abort = new AbortController();
      requests = 0;
      interrupted = undefined;
      onRequest = () => {
        if (requests <= at) return;
        if (ending === "refused") interrupted = { status: 401 };
        if (ending === "aborted") abort.abort(new Error("aborted by the test"));
      };
      const source = ending === "the source throws" ? failing(list, at) : list;
      const ended = mirror(client(fake, process), "vips", source, {
        ...options,
        state: process.store(state),
        reassert,
        maxIdsPerRequest,
        signal: abort.signal,
      });
      await Promise.race([ended.catch(isExpected), process.died]);
      await fake.runtime.sleep(pauseMs);
    }
    interrupted = undefined;
    onRequest = () => {};
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused: string[] = [];
      const onRejected = ({ id = "" }) => refused.push(id);
      const ended = mirror(client(fake, new Mortal()), "vips", last, {
        ...options,
        onRejected,
      });
      await ended.catch((error: unknown) => {
        // Nothing but the refused id is left, in each run.
        expect(error).toBeInstanceOf(UpdateError);
        expect(Array.from((error as UpdateError).undelivered, ({ id }) => id)).toEqual([REFUSED]);
        expect(refused).toEqual([REFUSED]);
      });
      await fake.settled();
      const content = fake.audience("vips").members;
      const expected = oracle(last.map((member) => ({ ...member, action: "add" as const })));
      if (refuses === "add") expected.delete(REFUSED);
      const left = content.get(REFUSED);
      if (refuses === "remove" && refused.length > 0 && left !== undefined) expected.set(REFUSED, left);
      expect(differences(content, expected)).toEqual([]);
    }
    expect(fake.violations).toEqual([]);
    await fake.settled();
  });
  await fc.assert(property, { numRuns: 60 });
});

function client({ fetch, runtime }: FakeBatch, process: Mortal) {
  return createAudienceClient({
    restKey: "rest",
    projectKey: "project",
    requestsPerSecond: Infinity,
    fetch: process.fetch(fetch),
    retry: { retries: 100 },
    runtime,
  });
}

/** What nobody knows of before the first run. */
async function fill(fake: FakeBatch): Promise<void> {
  const actions = ["id-2", "stranger"].map((id) => ({ action: "add" as const, id }));
  const filler = client(fake, new Mortal());
  await filler.update("vips", actions);
  await fake.settled();
}

function* failing(list: AudienceMember[], at: number): Generator<AudienceMember> {
  for (const [index, member] of list.entries()) {
    if (index === at) break;
    yield member;
  }
  throw new Error("the source has failed");
}

function isExpected(error: unknown): void {
  const isPlanned = error instanceof Error && /the source has failed|aborted by the test/.test(error.message);
  if (!isPlanned && !(error instanceof UpdateError)) throw error;
}
