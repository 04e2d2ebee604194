import { onAbort, untilAborted } from "../runtime.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { SourceReader } from "../window/source.ts";
import type { OutgoingWindow } from "./outgoing-window.ts";
import type { UpdateReport } from "./report.ts";
import { sendWindow } from "./send-window.ts";
import { toUpdateError } from "./update-error.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";
import { type RunContext, UpdateRun } from "./update-run.ts";

/** How long a source may take to close, once no more of it is wanted. */
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
      const outgoing = run.beginWindow();
      reading = reader.readNext();
      // What goes wrong there shows when its turn has come.
      reading.catch(() => {});
      await waitForPrevious(run, outgoing);
      await sendWindow(outgoing, run, context.maxInFlight);
      run.endWindow();
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

/** The API promises no order between two requests: what an earlier one may still change has to be applied first. */
async function waitForPrevious(run: UpdateRun, outgoing: OutgoingWindow): Promise<void> {
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
  await turn.pending.waitUntilApplied(audience, transport, runtime, settings, (id) => outgoing.has(id));
}

/** A source that never closes must not keep the run from ending. */
async function close(source: SourceReader, { runtime }: RunContext): Promise<void> {
  const closed = new AbortController();
  const late = runtime.sleep(CLOSE_MS, closed.signal).catch(() => {});
  await Promise.race([source.close(), late]);
  closed.abort();
}
