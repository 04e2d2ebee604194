import { AudienceError } from "../errors.ts";

/** What a guard of `mirror` saw. */
export interface Guard {
  /**
   * - "identity": the state is of another audience, project or base URL
   * - "baseline": the first run, and it is not said what the audience holds
   * - "empty": the source has no valid member
   * - "removals": more members would be removed than `maxRemoved` allows
   */
  kind: "identity" | "baseline" | "empty" | "removals";
  /** What it saw, and what to do if it is meant. */
  message: string;
  /** Distinct ids of the source. */
  members: number;
  /** Ids that may be on the audience. */
  known: number;
  /** Ids that would be removed, and the first few of them. */
  removed: number;
  sample: string[];
}

/** A guard has refused the run. Nothing was sent, and the state is as it was. */
export class MirrorGuardError extends AudienceError implements Guard {
  override readonly name = "MirrorGuardError";
  readonly code = "MIRROR_GUARD";
  readonly kind: Guard["kind"];
  readonly members: number;
  readonly known: number;
  readonly removed: number;
  readonly sample: string[];

  constructor(guard: Guard) {
    super(guard.message);
    this.kind = guard.kind;
    this.members = guard.members;
    this.known = guard.known;
    this.removed = guard.removed;
    this.sample = guard.sample;
  }
}

/** What to do with a state that cannot be used. */
export const START_OVER = 'start over with an empty state and `baseline: "replace"`';

/** The state is damaged, of another version, or was changed by another run. */
export class MirrorStateError extends AudienceError {
  override readonly name = "MirrorStateError";
  readonly code = "MIRROR_STATE";
}
