import { ConfigurationError } from "../errors.ts";
import type { OutgoingWindow } from "./outgoing-window.ts";
import { SAMPLE_RECORDS, sendChunk } from "./send-window.ts";
import type { UpdateRun } from "./update-run.ts";

/**
 * Replaces all that is on the audience with the first chunk that the API accepts. Nothing else is sent meanwhile. Repeats do no
 * harm, since no add is sent before the replacement is applied.
 */
export async function sendReplacement(outgoing: OutgoingWindow, run: UpdateRun): Promise<void> {
  let sample: ReturnType<OutgoingWindow["sample"]> | undefined;
  while (run.mustReplace && run.signals.stopped === undefined) {
    if (run.suspectsAll) sample ??= outgoing.sample(SAMPLE_RECORDS);
    const chunk = sample === undefined ? run.nextChunk(outgoing, 0) : sample.pop();
    if (chunk !== undefined) await sendChunk(chunk, outgoing, run);
    else {
      if (outgoing.buffer.size > 0) run.stopRefused();
      return;
    }
  }
}

/** The source had no member. An empty list empties the audience, if the caller allows it. */
export async function sendEmptyReplacement(run: UpdateRun): Promise<void> {
  const { received } = run.progress();
  if (run.context.replace?.allowEmpty !== true || received > 0) {
    const given = received === 0 ? "none" : `${received} records that are none`;
    throw new ConfigurationError(
      "members",
      "at least one member; with `allowEmpty` an empty list is one",
      given,
    );
  }
  const outgoing = run.windows.beginEmpty();
  await sendChunk(outgoing.emptyChunk, outgoing, run);
}
