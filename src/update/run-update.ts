import type { Unsettled } from "../indexing/pending-requests.ts";
import { onAbort, untilAborted } from "../runtime.ts";
import type { Answer } from "../transport/retry-decision.ts";
import type { Line } from "../transport/send-with-retry.ts";
import type { Slots } from "../window/action-buffer.ts";
import { Envelope } from "../window/chunk.ts";
import type { OpenSource } from "../window/source.ts";
import type { Window } from "../window/window.ts";
import { Intake } from "../window/window-reader.ts";
import { type Checkpoint, Ledger, type UpdateProgress, type UpdateReport } from "./report.ts";
import { deliver, type Refusal } from "./send-window.ts";
import { endingOf } from "./update-error.ts";
import type { ReadUpdateOptions } from "./update-options.ts";

/**
 * One update, from the source to the report: while one window is sent, the next one fills. The one place that knows both
 * ends; every step between them is a file of its own.
 */
export async function runUpdate(
  audience: string,
  source: OpenSource,
  options: ReadUpdateOptions,
  line: Line,
  unsettled: Unsettled,
): Promise<UpdateReport> {
  const { dryRun, betweenWindows, signal, onProgress } = options;
  const { runtime, pacer, api } = line;
  const startedAt = runtime.now();
  const throttledBefore = pacer.throttledMs;
  const ledger = new Ledger();
  const envelope = new Envelope(audience);
  const limits = { ids: options.maxIdsPerRequest, bytes: options.maxBytesPerRequest };
  /** Refused alone by the API, and not followed by a later action for the id. */
  const refused = new Map<string, Refusal>();
  let sending: Slots | undefined;
  let ended: { cause: unknown } | undefined;

  /** Aborted once nothing more may start; */
  const halt = new AbortController();
  /** and once what is on its way must end as well. */
  const cut = new AbortController();

  function fail(cause: unknown): void {
    ended ??= { cause };
    halt.abort(cause);
  }

  const intake = new Intake(
    source,
    {
      ...options,
      halt: halt.signal,
      maxBytesPerAction: options.maxBytesPerRequest - envelope.bytes,
      onTaken(id) {
        if (refused.size === 0 || !refused.delete(id)) return;
        ledger.failed--;
        ledger.superseded++;
      },
    },
    ledger,
    runtime,
  );

  function checkpoint(): Checkpoint {
    if (dryRun) return { records: options.resumeFrom?.records ?? 0 };
    const [next] = intake.windows as [Window];
    const records = sending?.firstRecord ?? next.start;
    const isComplete = ended === undefined && intake.isEmpty && (sending?.size ?? 0) === 0;
    if (isComplete || betweenWindows === "accepted" || unsettled.tokens.size === 0) return { records };
    return { records, indexingTokens: [...unsettled.tokens] };
  }

  function progress(): UpdateProgress {
    const { received, superseded, rejected, accepted, failed, requests, retries, polls, bytes } = ledger;
    const held = intake.windows.reduce((sum, { size }) => sum + size, sending?.size ?? 0);
    return {
      audience,
      received,
      superseded,
      rejected,
      accepted,
      failed,
      // What failed is still in its window, unless it was refused alone.
      unsent: held - (failed - refused.size),
      requests,
      retries,
      polls,
      throttledMs: pacer.throttledMs - throttledBefore,
      throttledForMs: pacer.closedForMs,
      elapsedMs: runtime.now() - startedAt,
      bytes,
      checkpoint: checkpoint(),
    };
  }

  async function settleFormer(): Promise<void> {
    if (dryRun) return;
    if (betweenWindows === "accepted") unsettled.forget();
    else {
      await unsettled.settle(audience, line, halt.signal, () => {
        ledger.polls++;
      });
    }
  }

  async function run(): Promise<void> {
    let filled = intake.fill();
    while (await untilAborted(filled, halt.signal)) {
      sending = intake.take();
      filled = intake.fill();
      // What goes wrong while the window before is being sent shows when its turn has come.
      filled.catch(() => {});
      await settleFormer();
      await deliver(sending, {
        line,
        envelope,
        limits,
        ledger,
        unsettled,
        isolate: options.refused === "isolate",
        maxRefused: options.maxRefused,
        refused,
        halt: halt.signal,
        send: (body) => (dryRun ? accepted(body()) : api.update(audience, body(), cut.signal)),
        fail,
        isSuperseded: (id) => intake.windows.some((window) => window.has(id)),
        onReceipt: options.onReceipt,
        onRejected: options.onRejected,
        onProgress: () => onProgress?.(progress()),
      });
      if (ended !== undefined) return;
      sending = undefined;
    }
  }

  const forget =
    signal &&
    onAbort(signal, () => {
      fail(signal.reason);
      cut.abort(signal.reason);
    });
  try {
    if (ended === undefined) await run();
  } catch (cause) {
    fail(cause);
  } finally {
    forget?.();
    await source.close();
  }

  const { throttledForMs: _, checkpoint: last, ...counts } = progress();
  const report: UpdateReport = { ...counts, ...ledger.lists, checkpoint: last };
  const refusals = [...refused.values()];
  ended ??= refusals.at(-1);
  if (ended === undefined) return report;
  const undelivered = [
    ...refusals.map(({ action }) => action),
    ...(sending?.actions() ?? []),
    ...intake.windows.flatMap((window) => window.seal().actions()),
  ];
  throw endingOf(ended.cause, { report, undelivered });
}

function accepted(_body: string): Promise<Answer> {
  return Promise.resolve({ kind: "response", status: 202, body: {}, retryAfter: null });
}
