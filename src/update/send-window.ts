import type { ActionIssue, AudienceAction } from "../actions/action.ts";
import { ApiError, type AudienceError } from "../errors.ts";
import type { Unsettled } from "../indexing/pending-requests.ts";
import type { Answer, ApiResponse } from "../transport/retry-decision.ts";
import { errorOf, exchange, type Line } from "../transport/send-with-retry.ts";
import type { Slots } from "../window/action-buffer.ts";
import { type Chunk, type ChunkLimits, type Envelope, halve, nextChunk } from "../window/chunk.ts";
import type { Ledger, Receipt } from "./report.ts";

/** Records refused alone before anything was accepted that tell of a refusal which is not about records. */
const REFUSED_AT_FIRST = 5;

/** What the windows of one update share. */
export interface Delivery {
  line: Line;
  envelope: Envelope;
  /** `bytes` is lowered by a 413. */
  limits: ChunkLimits;
  ledger: Ledger;
  unsettled: Unsettled;
  /** What a 400 or 422 does, and how many records may be refused alone. */
  isolate: boolean;
  maxRefused: number;
  /** Refused alone by the API, by id. */
  refused: Map<string, Refusal>;
  /** Aborted once nothing more may start. */
  halt: AbortSignal;
  send(body: () => string): Promise<Answer>;
  /** Ends the update; the first cause counts. */
  fail(cause: unknown): void;
  /** Whether a later action for the id has been read. */
  isSuperseded(id: string): boolean;
  onReceipt?: ((receipt: Receipt) => void) | undefined;
  onRejected?: ((issue: ActionIssue, record: unknown) => void) | undefined;
  onProgress(): void;
}

export interface Refusal {
  action: AudienceAction;
  cause: AudienceError;
}

const ROUTE = "POST /audiences/update";

/**
 * Sends the actions of a window and takes out each chunk that is settled. Its chunks share no id, so they may be on their
 * way together, fail, be repeated and arrive in any order. What is left afterwards was not accepted.
 */
export async function deliver(slots: Slots, delivery: Delivery): Promise<void> {
  // Twice as many as may be outstanding, so that those that pause before a repeat leave no turn unused.
  const atOnce = 2 * delivery.line.config.maxInFlight;
  const active = new Set<Promise<void>>();
  /** What is left of chunks that were split; goes before what has not been sent. */
  const halves: Chunk[] = [];
  let cursor = 0;

  function next(): Chunk | undefined {
    if (delivery.halt.aborted || active.size >= atOnce) return undefined;
    const half = halves.pop();
    if (half !== undefined) return half;
    const chunk = nextChunk(slots, cursor, delivery.limits, delivery.envelope);
    if (chunk !== undefined) cursor = chunk.to;
    return chunk;
  }

  async function settle(chunk: Chunk): Promise<void> {
    const outcome = await send(chunk, slots, delivery);
    switch (outcome.kind) {
      case "accepted":
        slots.settle(chunk);
        accept(chunk, outcome, delivery);
        break;
      case "refused alone":
        refuse(chunk, slots, outcome.error, delivery);
        break;
      case "split": {
        const [first, second] = halve(slots, chunk, delivery.envelope);
        if (outcome.tooLong) {
          // What follows would only meet the same answer.
          delivery.limits.bytes = Math.min(delivery.limits.bytes, Math.max(first.bytes, second.bytes));
        }
        // The first half next: what is settled in order moves the checkpoint.
        halves.push(second, first);
        break;
      }
      case "failed":
        delivery.ledger.failed += chunk.ids;
        delivery.fail(outcome.error);
        break;
      case "unsent":
        delivery.fail(outcome.error);
        break;
    }
    delivery.onProgress();
  }

  function start(chunk: Chunk): void {
    const work = settle(chunk)
      .catch(delivery.fail)
      .finally(() => active.delete(work));
    active.add(work);
  }

  for (;;) {
    for (let chunk = next(); chunk !== undefined; chunk = next()) start(chunk);
    if (active.size === 0) return;
    await Promise.race(active);
  }
}

type Outcome =
  | { kind: "accepted"; token: string | undefined; attempts: number }
  | { kind: "split"; tooLong: boolean }
  | { kind: "refused alone"; error: AudienceError }
  | { kind: "failed"; error: unknown }
  | { kind: "unsent"; error: unknown };

async function send(chunk: Chunk, slots: Slots, delivery: Delivery): Promise<Outcome> {
  const { ledger, line, envelope, unsettled } = delivery;
  let sent = false;
  let exchanged: { response: ApiResponse; attempts: number };
  try {
    exchanged = await exchange(ROUTE, () => delivery.send(() => envelope.body(slots, chunk)), line, {
      halt: delivery.halt,
      onAttempt: () => {
        sent = true;
        ledger.requests++;
        ledger.bytes += chunk.bytes;
      },
      onDoubt: () => {
        unsettled.inDoubt = true;
      },
      onRetry: () => {
        ledger.retries++;
      },
      onThrottle: delivery.onProgress,
    });
  } catch (error) {
    if (!sent) return { kind: "unsent", error };
    unsettled.inDoubt = true;
    return { kind: "failed", error };
  }

  const { response, attempts } = exchanged;
  const { status } = response;
  const token = tokenOf(response.body);
  if (status === 202 || (status >= 200 && status < 300 && token !== undefined)) {
    return { kind: "accepted", token, attempts };
  }
  // Some other success: what it means, nobody knows.
  if (status < 300) unsettled.inDoubt = true;
  const error = errorOf(response, ROUTE, attempts, line);
  const isAboutBody = status === 413 || (delivery.isolate && (status === 400 || status === 422));
  if (isAboutBody && chunk.ids > 1) return { kind: "split", tooLong: status === 413 };
  if (isAboutBody && delivery.isolate) return { kind: "refused alone", error };
  return { kind: "failed", error };
}

function accept(
  chunk: Chunk,
  { token, attempts }: { token: string | undefined; attempts: number },
  delivery: Delivery,
): void {
  const { ledger, line, unsettled } = delivery;
  const receipt: Receipt = { ids: chunk.ids, bytes: chunk.bytes, attempts };
  if (token !== undefined) receipt.indexingToken = token;
  unsettled.accepted(token, line.runtime.now());
  ledger.accepted += chunk.ids;
  ledger.receipts.push(receipt);
  delivery.onReceipt?.(receipt);
}

function refuse(chunk: Chunk, slots: Slots, error: AudienceError, delivery: Delivery): void {
  const { ledger, refused, maxRefused } = delivery;
  const [action] = slots.actions(chunk) as [AudienceAction];
  const index = recordOf(chunk, slots);
  slots.settle(chunk);
  ledger.refusedAlone++;
  if (delivery.isSuperseded(action.id)) ledger.superseded++;
  else {
    ledger.failed++;
    refused.set(action.id, { action, cause: error });
  }
  // A refusal that is about the audience or the account meets every record alike.
  const isAboutAll = ledger.accepted === 0 && ledger.refusedAlone >= REFUSED_AT_FIRST;
  if (isAboutAll || ledger.refusedAlone >= maxRefused) delivery.fail(error);
  const reason = (error instanceof ApiError && error.errorMessage) || error.message;
  const issue: ActionIssue = { index, id: action.id, path: "", reason };
  ledger.reject(issue);
  delivery.onRejected?.(issue, action);
}

function recordOf({ from, to }: Chunk, slots: Slots): number {
  let slot = from;
  while (slot < to && !slots.has(slot)) slot++;
  return slots.recordAt(slot);
}

function tokenOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("indexing_token" in body)) return undefined;
  const token = body.indexing_token;
  return typeof token === "string" && token !== "" ? token : undefined;
}
