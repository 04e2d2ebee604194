import { trace } from "../diagnostics.ts";
import type { IdSketch } from "../indexing/id-sketch.ts";
import { onAbort, untilAborted } from "../runtime.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { SourceReader } from "../window/source.ts";
import type { UpdateReport } from "./report.ts";
import type { RunContext } from "./run-context.ts";
import { sendEmptyReplacement, sendReplacement } from "./send-replacement.ts";
import { sendWindow } from "./send-window.ts";
import { toUpdateError, type UpdateError } from "./update-error.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";
import { UpdateRun } from "./update-run.ts";

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
      run.windows.begin();
      reading = reader.readNext();
      // An error there is thrown when this window's turn comes. Until then it must not be an unhandled rejection.
      reading.catch(() => {});
      await sendLatest(run, context.maxInFlight);
    }
    await run.windows.ended();
    if (run.mustReplace && run.endedBy === undefined) {
      await waitForPrevious(run, "any");
      await sendEmptyReplacement(run);
    }
    if (options.wait && !options.dryRun) await waitUntilApplied(run, "any");
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
  let ended = isBalanced ? run.endedBy : { cause: bug };
  let directory: string | undefined;
  try {
    directory = await run.reader.close(ended === undefined || run.windows.isComplete);
  } catch (cause) {
    ended ??= { cause };
  }
  if (ended === undefined) return report;
  const undelivered = run.undelivered(directory);
  const { callsBehind } = run.context.turn;
  throw toUpdateError(ended.cause, { report, undelivered }, { callsBehind, mustReplace: run.mustReplace });
}

/** A function of its own, so that no variable holds a sent window in memory while the next one is read. */
async function sendLatest(run: UpdateRun, maxInFlight: number): Promise<void> {
  const { windows, reader } = run;
  const outgoing = windows.latest;
  if (!windows.isFlowing) {
    // Of a spilled source the checkpoint is new: it names what no longer needs the source.
    if (reader.isDisjoint) await run.reportProgress();
    // What windows of one run that share no id leave pending concerns none of them, but what was pending before may.
    await waitForPrevious(run, run.mustReplace || reader.isDisjoint ? "any" : outgoing.sketch);
    if (run.mustReplace) {
      await sendReplacement(outgoing, run);
      if (outgoing.buffer.size > 0 || reader.isDisjoint) await waitForPrevious(run, "any");
    }
    if (!run.mustReplace) windows.startFlow();
  }
  let onStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const sent = sendWindow(outgoing, run, maxInFlight, onStarted).catch((cause) => run.signals.stop(cause));
  await windows.sending(sent, started);
}

/** The API promises no order between two requests, so earlier ones with one of these ids must be applied first. */
async function waitForPrevious(run: UpdateRun, next: IdSketch | "any"): Promise<void> {
  if (run.options.betweenWindows === "applied") await waitUntilApplied(run, next);
}

async function waitUntilApplied(run: UpdateRun, next: IdSketch | "any"): Promise<void> {
  const { audience, options, signals } = run;
  const { turn, transport, runtime } = run.context;
  const settings = {
    signal: signals.halt,
    limitMs: options.indexingTimeoutMs,
    audienceLimitMs: options.busyTimeoutMs,
    onEvent: (event: TransportEvent) => run.onTransport(event),
    onPoll: () => run.reportProgress(),
    onAudienceBusy: () => run.onAudienceBusy(),
  };
  await turn.pending.waitUntilApplied(audience, transport, runtime, settings, next);
}

/** A source that never closes must not stop the run from ending. */
async function close(source: SourceReader, { runtime }: RunContext): Promise<void> {
  const closed = new AbortController();
  const late = runtime.sleep(CLOSE_MS, closed.signal).catch(() => {});
  await Promise.race([source.close(), late]);
  closed.abort();
}
