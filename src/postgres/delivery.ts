import type { AudienceAction } from "../actions/action.ts";
import type { AudienceClient } from "../client.ts";
import { ApiError } from "../errors.ts";
import { MIN_REFUSED_TO_SUSPECT } from "../update/refusals.ts";
import type { UpdateReport } from "../update/report.ts";
import { UpdateError } from "../update/update-error.ts";
import type { UpdateOptions } from "../update/update-options.ts";
import type { Fence, FinishedAction, Queue, QueuedAction } from "./queue.ts";

/** What a delivery works with. */
export interface DeliveryContext {
  queue: Queue;
  client: Pick<AudienceClient, "update" | "waitUntilApplied">;
  fence: Fence;
  /** Aborted once nothing may be sent any more. */
  signal: AbortSignal;
  /** At most so many actions. */
  window: number;
  /** Whether an earlier deliverer may have left requests of which this one does not know. */
  isFirst: boolean;
  /** What an earlier delivery has left in the queue, because it was locked. It is not sent again. */
  finished: FinishedAction[];
}

/** What became of the oldest actions of an audience. */
export interface Delivered {
  audience: string;
  /** Actions that are applied, and left the queue unless a newer one had come. */
  delivered: number;
  /** Actions that became dead letters. */
  refused: number;
  /** The report of the update. */
  report: UpdateReport;
}

/**
 * Delivers the oldest actions of an audience, and waits until they are applied. Then they leave the queue. What was not delivered
 * stays in it. Rejects with what kept it from being delivered, after the rest has left. Resolves to `undefined` if there was
 * nothing to send.
 */
export async function deliver(audience: string, context: DeliveryContext): Promise<Delivered | undefined> {
  const { queue, client, fence, signal, window } = context;
  const former = new Map(context.finished.map((finished) => [finished.seq, finished]));
  const oldest = await queue.oldest(audience, window);
  const finished = oldest.flatMap(({ seq }) => former.get(seq) ?? []);
  const actions = oldest.filter(({ seq }) => !former.has(seq));
  const sent = actions.length > 0 ? await send(audience, actions, context) : undefined;
  if (sent !== undefined) {
    await waitUntilApplied(client, audience, sent.report.indexingTokens, signal);
    finished.push(...sent.applied, ...sent.deadLetters);
  }
  context.finished = finished;
  context.finished = await queue.finish(audience, finished, fence);
  if (sent === undefined) return undefined;
  const { report, applied, deadLetters } = sent;
  if (applied.length + deadLetters.length < actions.length) throw sent.error;
  return { audience, delivered: applied.length, refused: deadLetters.length, report };
}

interface Sent {
  report: UpdateReport;
  applied: FinishedAction[];
  deadLetters: FinishedAction[];
  /** What kept the others from being delivered. */
  error: unknown;
}

async function send(
  audience: string,
  actions: readonly QueuedAction[],
  { client, signal, isFirst }: DeliveryContext,
): Promise<Sent> {
  const reasons = new Map<string, string>();
  const options: UpdateOptions = {
    signal,
    refused: "isolate",
    // They were checked before, perhaps by an earlier version with other rules.
    invalid: "skip",
    onRejected: ({ reason }, record) => {
      const { id } = record as AudienceAction;
      const former = reasons.get(id);
      reasons.set(id, former === undefined ? reason : `${former}; ${reason}`);
    },
    // The audience as a whole is asked for first.
    ...(isFirst && { resumeFrom: { records: 0 } }),
  };
  const source = actions.map(({ action }) => action);
  try {
    const report = await client.update(audience, source, options);
    return { ...sortOut(actions, report, new Set(), reasons), error: undefined };
  } catch (error) {
    if (!(error instanceof UpdateError)) throw error;
    const undelivered = new Set(Array.from(error.undelivered, ({ id }) => id));
    return { ...sortOut(actions, error.report, undelivered, reasons), error };
  }
}

/**
 * `undelivered`: ids of actions that were not accepted, except for invalid ones. `reasons`: why an action is invalid or was refused,
 * by its id. If the API has refused every record that it was asked about, the audience or the account may be at fault: those are
 * tried again.
 */
function sortOut(
  actions: readonly QueuedAction[],
  report: UpdateReport,
  undelivered: ReadonlySet<string>,
  reasons: ReadonlyMap<string, string>,
): Omit<Sent, "error"> {
  const applied: FinishedAction[] = [];
  const invalid: FinishedAction[] = [];
  const refused: FinishedAction[] = [];
  for (const queued of actions) {
    const { id } = queued.action;
    const reason = reasons.get(id);
    if (reason !== undefined) (undelivered.has(id) ? refused : invalid).push({ ...queued, reason });
    else if (!undelivered.has(id)) applied.push(queued);
  }
  const suspectsAll = report.accepted === 0 && refused.length >= MIN_REFUSED_TO_SUSPECT;
  return { report, applied, deadLetters: suspectsAll ? invalid : [...invalid, ...refused] };
}

/** A token that the API does not know any more says nothing. The next update then asks for the audience as a whole. */
async function waitUntilApplied(
  client: DeliveryContext["client"],
  audience: string,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.waitUntilApplied(audience, tokens, { signal });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}
