// A caller who does what the documentation says: passes on what comes back, or resumes, until all is delivered.

import type { AudienceAction } from "../../src/actions/action.ts";
import { InvalidActionError, UpdateError } from "../../src/errors.ts";
import type { Scripted } from "../../src/testing/faults.ts";
import type { FakeBatchOptions, RequestEntry } from "../../src/testing/options.ts";
import { integer } from "../../src/testing/random.ts";
import type { Checkpoint, UpdateReport } from "../../src/update/report.ts";
import type { UpdateOptions } from "../../src/update/update-options.ts";
import type { CreateEnvironment } from "../support/environment.ts";
import { imbalance, problems } from "../support/oracle.ts";
import { type Interruption, isValid } from "./arbitraries.ts";

export interface Given {
  records: AudienceAction[];
  server: FakeBatchOptions & { latency: number };
  client: { maxInFlight: number; retries: number };
  options: UpdateOptions;
  /** The first for the first call, and so on; the calls after the last one are left alone. */
  interruptions: Interruption[];
  isAsync: boolean;
}

const MOST_CALLS = 300;

/** What went wrong, in words; empty when all is as it must be. */
export async function deliverAll(given: Given, createEnvironment: CreateEnvironment): Promise<string[]> {
  const { latency, ...server } = given.server;
  /** What is to happen at this request. */
  let onRequest = (_: RequestEntry): Scripted | undefined => undefined;
  const environment = await createEnvironment({
    ...server,
    latencyMs: (random) => integer(random, latency),
    script: (entry) => onRequest(entry),
  });
  const { maxInFlight, retries } = given.client;
  const newClient = () => environment.client({ maxInFlight, retry: { retries, maxThrottledMs: 30_000 } });

  let client = newClient();
  let source = given.records;
  let resumeFrom: Checkpoint | undefined;
  const unbalanced: UpdateReport[] = [];
  try {
    for (let call = 0; call < MOST_CALLS; call++) {
      const { kind, at, next } = given.interruptions[call] ?? NOTHING;
      const abort = new AbortController();
      let requests = 0;
      let called = 0;
      const throwAt = (name: typeof kind) => () => {
        if (kind === name && called++ === at) throw new Error(name);
      };
      onRequest = () => {
        const isAfter = ++requests > at;
        if (isAfter && kind === "the gate stays closed") return { status: 429 };
        if (requests !== at + 1) return undefined;
        if (kind === "it is aborted") abort.abort(new Error(kind));
        return kind === "the API refuses" ? { status: 401 } : undefined;
      };

      try {
        const actions = pull(source, kind === "the source throws" ? at : Infinity);
        const report = await client.update("vips", given.isAsync ? later(actions) : actions, {
          ...given.options,
          resumeFrom,
          signal: abort.signal,
          onProgress: throwAt("onProgress throws"),
          onReceipt: throwAt("onReceipt throws"),
          onRejected: throwAt("onRejected throws"),
        });
        if (imbalance(report) !== 0) unbalanced.push(report);
        const wrong = problems(environment.server, { vips: given.records.filter(isValid) });
        return [...wrong, ...unbalanced.map((report) => `does not balance: ${JSON.stringify(report)}`)];
      } catch (error) {
        if (!(error instanceof UpdateError || error instanceof InvalidActionError)) throw error;
        if (imbalance(error.report) !== 0) unbalanced.push(error.report);
        await environment.drained();
        const { report, undelivered } = error;
        const isInvalid = error instanceof InvalidActionError || error.cause instanceof InvalidActionError;
        // A source that holds what cannot be sent would stop every run at the same place.
        if (next === "resume" && !isInvalid) resumeFrom = report.checkpoint;
        else {
          const read = (resumeFrom?.records ?? 0) + report.received;
          source = [...undelivered, ...source.slice(read)];
          resumeFrom = undefined;
          if (next === "hand back to another client") {
            client = newClient();
            resumeFrom = { ...report.checkpoint, records: 0 };
          }
        }
      }
    }
    return [`not delivered after ${MOST_CALLS} calls`];
  } finally {
    await environment.close();
  }
}

const NOTHING: Interruption = { kind: "nothing", at: 0, next: "hand back" };

function* pull(source: readonly AudienceAction[], throwAt: number): Generator<AudienceAction> {
  for (const [index, action] of source.entries()) {
    if (index === throwAt) throw new Error("the source throws");
    yield action;
  }
}

async function* later<T>(source: Iterable<T>): AsyncGenerator<T> {
  yield* source;
}
