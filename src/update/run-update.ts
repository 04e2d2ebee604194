import { trace } from "../diagnostics.ts";
import { onAbort, untilAborted } from "../runtime.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { SourceReader } from "../window/source.ts";
import type { Window } from "../window/window.ts";
import type { UpdateReport } from "./report.ts";
import { sendEmptyReplacement, sendReplacement } from "./send-replacement.ts";
import { sendWindow } from "./send-window.ts";
import { toUpdateError, type UpdateError } from "./update-error.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";
import { type RunContext, UpdateRun } from "./update-run.ts";

/** How long to wait for a source to close. */
const CLOSE_MS = 5_000;

type Settings = RunContext & { maxInFlight: number };

/** One update, from the source to the report. */
export function runUpdate(
  audience: string,
  source: SourceReader,
  options: ResolvedUpdateOptions,
  context: Settings,
): Promise<UpdateReport> {
  const run = new UpdateRun(audience, source, options, context);
  const begin = () => ({ call: context.replace ? "replace" : "update", audience, dryRun: options.dryRun });
  return trace("update", begin, () => perform(run, source, options, context), describeEnd);
}

/** For those who observe: the counts of the report, and no text. */
function describeEnd(report: UpdateReport | undefined, error?: unknown): object {
  const { code: errorCode, report: counted = report } = (error ?? {}) as Partial<UpdateError>;
  const counts = Object.entries(counted ?? {}).filter(([, value]) => typeof value === "number");
  return { ...Object.fromEntries(counts), outcome: report ? "completed" : "failed", errorCode };
}

/** While one window is sent, the next one fills. */
async function perform(
  run: UpdateRun,
  source: SourceReader,
  options: ResolvedUpdateOptions,
  context: Settings,
): Promise<UpdateReport> {
  const { signals, reader } = run;
  const { signal } = options;
  const forget = signal && onAbort(signal, () => signals.abort(signal.reason));
  try {
    let reading = reader.readNext();
    while (await untilAborted(reading, signals.halt)) {
      const concerns = run.windows.begin((window) => run.mustReplace || isInDoubt(run, window));
      reading = reader.readNext();
      // An error there is thrown when this window's turn comes. Until then it must not be an unhandled rejection.
      reading.catch(() => {});
      await sendOutgoing(run, concerns, context.maxInFlight);
      run.windows.end();
    }
    if (run.mustReplace && run.endedBy === undefined) {
      await waitForPrevious(run, true);
      await sendEmptyReplacement(run);
    }
  } catch (cause) {
    signals.stop(cause);
  }
  await close(source, context);
  await run.callbacks.ended();
  forget?.();
  return finish(run);
}

/** The report, or the error that ended the run. */
function finish(run: UpdateRun): UpdateReport {
  const report = run.report();
  const { received, superseded, rejected, accepted, failed, unsent } = report;
  const isBalanced = received === superseded + rejected + accepted + failed + unsent;
  const bug = new Error("the counts of the report do not add up: please report this bug");
  const ended = isBalanced ? run.endedBy : { cause: bug };
  if (ended === undefined) return report;
  throw toUpdateError(ended.cause, { report, undelivered: run.undelivered() }, run.context.turn.callsBehind);
}

/** A function of its own, so that no variable holds a sent window in memory while the next one is read. */
async function sendOutgoing(run: UpdateRun, concernsDoubt: boolean, maxInFlight: number): Promise<void> {
  const { outgoing } = run.windows;
  await waitForPrevious(run, concernsDoubt);
  if (run.mustReplace) {
    await sendReplacement(outgoing, run);
    if (outgoing.buffer.size > 0) await waitForPrevious(run, true);
  }
  await sendWindow(outgoing, run, maxInFlight);
}

function isInDoubt({ context }: UpdateRun, window: Window): boolean {
  return context.turn.pending.hasDoubtAbout((id) => window.has(id));
}

/**
 * The API promises no order between two requests, so earlier ones must be applied first. A lost answer only counts where
 * ids of its request are to be sent again.
 */
async function waitForPrevious(run: UpdateRun, concernsDoubt: boolean): Promise<void> {
  const { audience, options, signals } = run;
  const { turn, transport, runtime } = run.context;
  if (options.betweenWindows === "accepted") return;
  const settings = {
    signal: signals.halt,
    limitMs: options.indexingTimeoutMs,
    audienceLimitMs: options.busyTimeoutMs,
    onEvent: (event: TransportEvent) => run.onTransport(event),
    onPoll: () => run.reportProgress(),
    onAudienceBusy: () => run.onAudienceBusy(),
  };
  await turn.pending.waitUntilApplied(audience, transport, runtime, settings, concernsDoubt);
}

/** A source that never closes must not stop the run from ending. */
async function close(source: SourceReader, { runtime }: RunContext): Promise<void> {
  const closed = new AbortController();
  const late = runtime.sleep(CLOSE_MS, closed.signal).catch(() => {});
  await Promise.race([source.close(), late]);
  closed.abort();
}
