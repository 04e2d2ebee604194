// Several calls on several audiences at once, in many windows, against a server that does its worst.

import {
  evenly,
  type FakeBatchOptions,
  type IndexingState,
  PASSING_FAULTS,
} from "../../src/testing/index.ts";
import type { UpdateReport } from "../../src/update/report.ts";
import type { UpdateOptions } from "../../src/update/update-options.ts";
import { randomActions } from "../support/actions.ts";
import type { CreateEnvironment } from "../support/environment.ts";
import { imbalance, problems } from "../support/oracle.ts";
import { createRandom, integer } from "../support/random.ts";

/** Requests are indexed in random order in all of them: without that, little can go wrong. */
const LAG: FakeBatchOptions = { indexLag: { requests: 100 }, faultsAfterWork: 0.5 };

const inProcess = (state: IndexingState) => (state === "IN_PROGRESS" ? "IN_PROCESS" : state);

export const SETTINGS: Record<string, FakeBatchOptions> = {
  "indexing in random order, up to 100 requests late": LAG,
  "30 % of the requests fail, half of them after the work was done": {
    ...LAG,
    faults: { serverError: 0.15, reset: 0.15 },
  },
  "connections reset in the middle of a body": { ...LAG, faults: { resetMidRequest: 0.3 } },
  "truncated answers, and JSON that stops half way": { ...LAG, faults: { truncated: 0.15, cutJson: 0.15 } },
  "pages of HTML in place of an answer, with any status": {
    ...LAG,
    faults: { html: 0.1, serverError: 0.1, requestTimeout: 0.1 },
  },
  "answers without a token": { ...LAG, faults: { noToken: 0.3 } },
  "tokens that are unknown at first": { ...LAG, hiddenViews: 2, nameState: inProcess },
  "answers that never come": { ...LAG, faults: { hang: 0.02 } },
  "requests that were given up, and arrive up to 9 s later": {
    ...LAG,
    faults: { lateAfterReset: 0.15, lateAfterHang: 0.02 },
    lateBy: { ms: 9_000 },
  },
  "429, and 503 with Retry-After after the work was done": {
    ...LAG,
    retryAfter: "1",
    faults: { throttled: 0.15, maintenance: 0.15 },
  },
  "all of it together": {
    ...LAG,
    retryAfter: (random) => (random() < 0.5 ? undefined : "1"),
    faults: evenly(0.3, PASSING_FAULTS),
    latencyMs: (random) => integer(random, 10),
  },
};

/** What went wrong, in words; empty when all is as it must be. */
export async function trial(
  seed: number,
  setting: FakeBatchOptions,
  createEnvironment: CreateEnvironment,
  mostActions: number,
): Promise<string[]> {
  const random = createRandom(seed);
  const environment = await createEnvironment({ ...setting, seed });
  try {
    const client = environment.client({ maxInFlight: 1 + integer(random, 5), retry: { retries: 100 } });
    const options: UpdateOptions = {
      window: 10 + integer(random, 30),
      maxIdsPerRequest: 1 + integer(random, 9),
    };
    const calls = ["vips", "vips", "others", "vips", "others"].map((audience) => {
      const actions = randomActions(random, integer(random, mostActions), 10 + integer(random, 50));
      return { audience, actions };
    });
    const reports = await Promise.all(
      calls.map(({ audience, actions }) => client.update(audience, actions, options)),
    );
    const asked = (audience: string) =>
      calls.flatMap((call) => (call.audience === audience ? call.actions : []));
    return [
      ...reports.flatMap((report) => wrongIn(report)),
      ...problems(environment.server, { vips: asked("vips"), others: asked("others") }),
    ];
  } finally {
    await environment.close();
  }
}

function wrongIn(report: UpdateReport): string[] {
  const { received, superseded, accepted } = report;
  if (imbalance(report) === 0 && received === superseded + accepted) return [];
  return [`a report that does not balance: ${JSON.stringify({ ...report, receipts: undefined })}`];
}
