import type { ApiRequest } from "../transport/requests.ts";
import type { Chunk } from "../window/chunk.ts";
import { leavesChunkInDoubt, outcomeOf } from "./outcome.ts";
import type { OutgoingWindow } from "./outgoing-window.ts";
import type { UpdateRun } from "./update-run.ts";

/** So many single records from all over the rest are tried before the run concludes that everything is refused. */
export const SAMPLE_RECORDS = 20;

/**
 * Sends the actions of a window. Its chunks share no id, so they may be in flight together, fail, be repeated and arrive in any
 * order. What is left in the window afterwards was not accepted. Calls `onStarted` when every chunk was handed over once.
 */
export async function sendWindow(
  outgoing: OutgoingWindow,
  run: UpdateRun,
  maxInFlight: number,
  onStarted: () => void,
): Promise<void> {
  // 2 × `maxInFlight`: while some chunks are in backoff, others use the turns.
  const maxChunks = 2 * maxInFlight;
  const send = (chunk: Chunk) => sendChunk(chunk, outgoing, run);
  const next = (active: number) => {
    const chunk = run.nextChunk(outgoing, active);
    if (outgoing.isStarted) onStarted();
    return chunk;
  };
  do {
    await forEachChunk(next, maxChunks, send);
    if (!run.suspectsAll || run.signals.stopped !== undefined) return;
    const sample = outgoing.sample(SAMPLE_RECORDS);
    const isLast = sample.length === 0;
    await forEachChunk(() => (run.signals.stopped === undefined ? sample.pop() : undefined), maxChunks, send);
    if (isLast) return;
    if (run.suspectsAll) run.stopRefused();
  } while (run.signals.stopped === undefined);
}

/** Sends one chunk, and counts what became of it. */
export async function sendChunk(sent: Chunk, outgoing: OutgoingWindow, run: UpdateRun): Promise<void> {
  const { signals, options, context } = run;
  const chunk = run.mustReplace ? outgoing.asMembers(sent) : sent;
  const request: ApiRequest = run.mustReplace
    ? { method: "POST", path: "/audiences/replace", body: () => outgoing.membersBody(chunk) }
    : { method: "POST", path: "/audiences/update", body: () => outgoing.body(chunk) };
  const result = await context.transport.send(request, {
    halt: signals.halt,
    cut: signals.cut,
    onEvent: (event) => run.onTransport(event, chunk),
  });
  const outcome = outcomeOf(result, chunk.ids, options.refused === "isolate" && chunk.ids > 0);
  await run.apply(outgoing, chunk, outcome, leavesChunkInDoubt(result));
}

/** Calls `work` for up to `max` chunks at a time, until `next` gives none. */
function forEachChunk(
  next: (active: number) => Chunk | undefined,
  max: number,
  work: (chunk: Chunk) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let active = 0;
    const startMore = (): void => {
      while (active < max) {
        const chunk = next(active);
        if (chunk === undefined) break;
        active++;
        work(chunk).then(() => {
          active--;
          startMore();
        }, reject);
      }
      if (active === 0) resolve();
    };
    startMore();
  });
}
