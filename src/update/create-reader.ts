import type { Runtime } from "../runtime.ts";
import type { ChunkLimits, Envelope } from "../window/chunk.ts";
import type { RecordListener } from "../window/record-listener.ts";
import type { SourceReader } from "../window/source.ts";
import type { SpillListener } from "../window/spill.ts";
import { WindowReader } from "../window/window-reader.ts";
import type { WindowSource } from "../window/window-source.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";

/** What it needs of the run. */
interface Run extends RecordListener, SpillListener {
  audience: string;
  options: ResolvedUpdateOptions;
  context: {
    runtime: Runtime;
    destination: { baseUrl: string; projectKey: string };
    replace?: object | undefined;
  };
  signals: { halt: AbortSignal };
}

/** What gives a run its windows: a reader of its source or, with `spill`, one that reads it to its end first. */
export function createReader(
  source: SourceReader,
  run: Run,
  limits: ChunkLimits,
  envelope: Envelope,
): WindowSource {
  const { audience, options, context, signals } = run;
  const { resumeFrom, spill, dryRun } = options;
  const { replace, runtime, destination } = context;
  const { halt } = signals;
  const records = replace === undefined ? "actions" : "members";
  const skip = resumeFrom?.records ?? 0;
  const maxBytesPerAction = options.maxBytesPerRequest - envelope.bytes;
  const reader = new WindowReader(
    source,
    { ...options, records, skip, halt, maxBytesPerAction },
    run,
    runtime,
  );
  if (spill === undefined) return reader;
  const owner = { audience, ...destination, records } as const;
  const resumeAt = resumeFrom?.spilled;
  return spill.openWindows({ owner, reader, resumeAt, dryRun, limits, listener: run, runtime, halt });
}
