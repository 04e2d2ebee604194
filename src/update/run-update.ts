import { onAbort, untilAborted } from "../runtime.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { SourceReader } from "../window/source.ts";
import type { Window } from "../window/window.ts";
import type { UpdateReport } from "./report.ts";
import { sendEmptyReplacement, sendReplacement } from "./send-replacement.ts";
import { sendWindow } from "./send-window.ts";
import { toUpdateError } from "./update-error.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";
import { type RunContext, UpdateRun } from "./update-run.ts";

/** How long to wait for a source to close. */
const CLOSE_MS = 5_000;

/** One update, from the source to the report. While one window is sent, the next one fills. */
export async function runUpdate(
  audience: string,
  source: SourceReader,
  options: ResolvedUpdateOptions,
  context: RunContext & { maxInFlight: number },
): Promise<UpdateReport> {
  const run = new UpdateRun(audience, source, options, context);
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
      await sendLatest(run, concerns, context.maxInFlight);
    }
    await run.windows.ended();
    if (run.mustReplace && run.endedBy === undefined) {
      await waitForPrevious(run, true);
      await sendEmptyReplacement(run);
    }
  } catch (cause) {
    signals.stop(cause);
  }
  await run.windows.ended();
  await close(source, context);
  await run.callbacks.ended();
  forget?.();
  return await finish(run);
}

/** The report, or the error that ended the run. */
async function finish(run: UpdateRun): Promise<UpdateReport> {
  const report = run.report();
  const { received, superseded, rejected, accepted, failed, unsent } = report;
  const isBalanced = received === superseded + rejected + accepted + failed + unsent;
  const bug = new Error("the counts of the report do not add up: please report this bug");
  const ended = isBalanced ? run.endedBy : { cause: bug };
  const directory = await run.reader.close(ended === undefined || run.windows.isComplete);
  if (ended === undefined) return report;
  const undelivered = run.undelivered(directory);
  throw toUpdateError(ended.cause, { report, undelivered }, run.context.turn.callsBehind);
}

/** A function of its own, so that no variable holds a sent window in memory while the next one is read. */
async function sendLatest(run: UpdateRun, concernsDoubt: boolean, maxInFlight: number): Promise<void> {
  const { windows, reader } = run;
  const outgoing = windows.latest;
  if (!windows.isFlowing) {
    // Of a spilled source the checkpoint is new: it names what no longer needs the source.
    if (reader.isDisjoint) await run.reportProgress();
    await waitForPrevious(run, concernsDoubt);
    if (run.mustReplace) {
      await sendReplacement(outgoing, run);
      if (outgoing.buffer.size > 0 || reader.isDisjoint) await waitForPrevious(run, true);
    }
    windows.startFlow();
  }
  let onStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const sent = sendWindow(outgoing, run, maxInFlight, onStarted).catch((cause) => run.signals.stop(cause));
  await windows.sending(sent, started);
}

/** What windows of one run that share no id leave pending concerns none of them, but what was pending before may. */
function isInDoubt({ context, reader }: UpdateRun, window: Window): boolean {
  return context.turn.pending.hasDoubtAbout((id) => reader.isDisjoint || window.has(id));
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
