import type { Runtime } from "../runtime.ts";
import type { ChunkLimits } from "./chunk.ts";
import type { WindowReader } from "./window-reader.ts";
import type { SpilledPosition, WindowSource } from "./window-source.ts";

/** What is called for actions that are read back. */
export interface SpillListener {
  /** A run resumes without its source: so many actions are left of it. */
  onResumed(actions: number): void;
  /** An action that an earlier run has read is in a window. */
  onReadBack(id: string): void;
  /** The action replaces an earlier one for its id. */
  onSuperseded(): void;
}

/** A run whose source may not fit one window. */
export interface SpillRun {
  /** What the actions are for: those of another run must not be taken for them. */
  owner: { audience: string; baseUrl: string; projectKey: string; records: "actions" | "members" };
  /** Reads the source. */
  reader: WindowReader;
  /** What was read is spilled already, by an earlier run: how far that run is. */
  resumeAt: SpilledPosition | undefined;
  dryRun: boolean;
  limits: ChunkLimits;
  listener: SpillListener;
  runtime: Runtime;
  /** Aborted once no more is to be read. */
  halt: AbortSignal;
}

/** Where the actions of a source go that does not fit one window. `directory` of `batch-audiences/node` makes one. */
export interface Spill {
  /**
   * The windows of a run: those of its reader, if there is only one; else windows that share no id.
   * @internal
   */
  openWindows(run: SpillRun): WindowSource;
}

/** More than a source has. A record in a partition is one number: its place. */
const MAX_RECORDS = 2 ** 43;

export function placeOf(partition: number, record: number): number {
  return partition * MAX_RECORDS + record;
}

export function partitionAt(place: number): number {
  return Math.floor(place / MAX_RECORDS);
}

/** The index of a record in the source. */
export function recordAt(place: number): number {
  return place % MAX_RECORDS;
}
