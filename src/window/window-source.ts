import type { AudienceAction } from "../actions/action.ts";
import type { Window } from "./last-action-per-id.ts";

/** Serialised actions, which can be read back any number of times. */
export interface HeldActions {
  readonly size: number;
  /** They may be more than fit memory. */
  readonly isOnDisk?: true;
  actions(): IterableIterator<AudienceAction>;
}

/** How far a run is: what a checkpoint says of its source. */
export interface SourcePosition {
  /** The run is done with every record before this one. */
  records: number;
  /** The source was read to its end: where in the spilled actions the run is. */
  spilled?: SpilledPosition;
}

/** A place in spilled actions. The run is done with all partitions before, and in this one with all records before this one. */
export interface SpilledPosition {
  /** Drawn for each run: names the actions that it has spilled. */
  id: string;
  partition: number;
  record: number;
}

/** Gives the windows of a run, one after the other. */
export interface WindowSource {
  /** Whether no id is in two windows, so that none has to wait for another. */
  readonly isDisjoint: boolean;
  /** How many actions were read that are in no window that was taken. */
  readonly size: number;
  /** Whether the source has ended, and all windows are taken. */
  readonly isEmpty: boolean;
  /** Reads until there is a window to take. False if there is none. */
  readNext(): Promise<boolean>;
  /** Hands over the window to be sent next. */
  takeWindow(): Window;
  /** Whether it holds an action for the id. */
  has(id: string): boolean;
  /** How far a run is that is done with all actions before this place, or with all that were taken. */
  position(place?: number): SourcePosition;
  /** All actions that it holds, in order. Read nothing afterwards. */
  seal(): HeldActions[];
  /** Ends the reading. Resolves to where actions are that are not in memory, if there are any. */
  close(isDone: boolean): Promise<string | undefined>;
}
