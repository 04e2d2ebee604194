// A caller who does what the documentation says: passes on what comes back, or resumes, until all is delivered.

import type { AudienceAction } from "../../src/actions/action.ts";
import type { AudienceClient } from "../../src/client.ts";
import type { FakeBatchOptions } from "../../src/testing/fake-options.ts";
import type { Scripted } from "../../src/testing/faults.ts";
import { integer } from "../../src/testing/random.ts";
import type { Checkpoint, UpdateReport } from "../../src/update/report.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
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

const MAX_CALLS = 300;

/** What the caller's next call is made of. */
interface Step {
  client: AudienceClient;
  source: AudienceAction[];
  resumeFrom?: Checkpoint | undefined;
}

/** What went wrong, in words; empty when all is as it must be. */
export async function deliverAll(given: Given, createEnvironment: CreateEnvironment): Promise<string[]> {
  const { latency, ...server } = given.server;
  let interrupted = interrupt(NOTHING);
  const environment = await createEnvironment({
    ...server,
    latencyMs: (random) => integer(random, latency),
    script: () => interrupted.onRequest(),
  });
  const { maxInFlight, retries } = given.client;
  const newClient = () => environment.client({ maxInFlight, retry: { retries, maxThrottledMs: 30_000 } });

  let step: Step = { client: newClient(), source: given.records };
  const unbalanced: string[] = [];
  const check = (report: UpdateReport) => {
    if (imbalance(report) !== 0) unbalanced.push(`does not balance: ${JSON.stringify(report)}`);
  };
  try {
    for (let call = 0; call < MAX_CALLS; call++) {
      const interruption = given.interruptions[call] ?? NOTHING;
      interrupted = interrupt(interruption);
      const actions = pull(step.source, interruption);
      try {
        const report = await step.client.update("vips", given.isAsync ? later(actions) : actions, {
          ...given.options,
          ...interrupted.options,
          resumeFrom: step.resumeFrom,
        });
        check(report);
        return [...problems(environment.server, { vips: given.records.filter(isValid) }), ...unbalanced];
      } catch (error) {
        if (!(error instanceof UpdateError || error instanceof InvalidActionError)) throw error;
        check(error.report);
        await environment.drained();
        step = nextStep(step, error, interruption.next, newClient);
      }
    }
    return [`not delivered after ${MAX_CALLS} calls`];
  } finally {
    await environment.close();
  }
}

const NOTHING: Interruption = { kind: "nothing", at: 0, next: "hand back" };

/** What the server and the callbacks do in a call, so that it ends as it is to end. */
function interrupt({ kind, at }: Interruption) {
  const abort = new AbortController();
  let requests = 0;
  let called = 0;
  const throwAt = (name: typeof kind) => () => {
    if (kind === name && called++ === at) throw new Error(name);
  };
  const options: UpdateOptions = {
    signal: abort.signal,
    onProgress: throwAt("onProgress throws"),
    onReceipt: throwAt("onReceipt throws"),
    onRejected: throwAt("onRejected throws"),
  };
  function onRequest(): Scripted | undefined {
    const isAfter = ++requests > at;
    if (isAfter && kind === "the API throttles for good") return { status: 429 };
    if (requests !== at + 1) return undefined;
    if (kind === "it is aborted") abort.abort(new Error(kind));
    return kind === "the API refuses" ? { status: 401 } : undefined;
  }
  return { options, onRequest };
}

function nextStep(
  { client, source, resumeFrom }: Step,
  error: UpdateError | InvalidActionError,
  next: Interruption["next"],
  newClient: () => AudienceClient,
): Step {
  const { report, undelivered } = error;
  const isInvalid = error instanceof InvalidActionError || error.cause instanceof InvalidActionError;
  // A source that holds what cannot be sent would stop every run at the same place.
  if (next === "resume" && !isInvalid) return { client, source, resumeFrom: report.checkpoint };
  const read = (resumeFrom?.records ?? 0) + report.received;
  // A run that resumed from a directory has read nothing of its source, of which nothing is left.
  const rest = [...undelivered, ...(resumeFrom?.spilled === undefined ? source.slice(read) : [])];
  if (next !== "hand back to another client") return { client, source: rest };
  return {
    client: newClient(),
    source: rest,
    resumeFrom: { ...report.checkpoint, records: 0, spilled: undefined },
  };
}

function* pull(source: readonly AudienceAction[], { kind, at }: Interruption): Generator<AudienceAction> {
  for (const [index, action] of source.entries()) {
    if (kind === "the source throws" && index === at) throw new Error(kind);
    yield action;
  }
}

async function* later<T>(source: Iterable<T>): AsyncGenerator<T> {
  yield* source;
}
