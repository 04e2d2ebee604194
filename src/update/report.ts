import type { ActionIssue, AudienceAction } from "../actions/action.ts";
import type { SpilledPosition } from "../window/window-source.ts";

/** What is known of one accepted request. */
export interface Receipt {
  /** To ask `view` or `waitUntilApplied` with. Missing if the API gave none. */
  indexingToken?: string;
  /** Actions in the request, those included that its answer refuses. */
  ids: number;
  /** Length of the body. */
  bytes: number;
  /** How often it was sent; more than 1 after a fault or a 429. */
  attempts: number;
}

/** Something that looks like a mistake, and does not stop the run. */
export interface Warning {
  reason: string;
  count: number;
  /** The first few. */
  samples: { index: number; id: string; path: string }[];
}

/** Where a run over the same source can resume, as `resumeFrom`. Plain JSON. */
export interface Checkpoint {
  /** A resumed run skips so many records: it is done with them. */
  records: number;
  /**
   * Accepted, but not known to be applied: a resumed run waits for them before it sends. A complete run leaves them out, as they
   * are in the report: give them to a run that goes on over a source that has grown.
   */
  indexingTokens?: string[];
  /**
   * Refused alone by the API, and not superseded by a later record. A resumed run hands them back in its `UpdateError`, unless
   * it reads a later record for the id.
   */
  refused?: AudienceAction[];
  /**
   * With `spill`: the source was read to its end, and this is how far its actions on disk are sent. A resumed run needs the same
   * `spill`, and does not read its source. Without `spill`, it reads the source from `records` on.
   */
  spilled?: SpilledPosition | undefined;
  /** For `replace`: the audience was replaced. Only adds are left to be sent. */
  replaced?: true;
}

/** Actions by what became of them: `received = superseded + rejected + accepted + failed + unsent`, always. */
export interface Counts {
  /** Read from the source. */
  received: number;
  /** A later action for the same id replaces it. */
  superseded: number;
  /** Invalid, so never sent. */
  rejected: number;
  /** In a request that the API accepted. */
  accepted: number;
  /** Sent, and refused or never answered. */
  failed: number;
  /** Not sent, or not yet. */
  unsent: number;
}

/** How far an update is. */
export interface UpdateProgress extends Counts {
  audience: string;
  /** HTTP requests made to `/audiences/update`, repeats included. */
  requests: number;
  /** Requests repeated after a fault. A repeat after a 429 does not count. */
  retries: number;
  /** HTTP requests to `/audiences/view`, made before a window whose ids earlier requests may have. */
  polls: number;
  /** Time spent in cooldowns, in milliseconds. */
  throttledMs: number;
  /** How much longer the present cooldown lasts, in milliseconds. */
  throttledForMs: number;
  elapsedMs: number;
  /** Length of all bodies sent, repeats included. */
  bytes: number;
  checkpoint: Checkpoint;
}

/** What became of every action. */
export interface UpdateReport extends Omit<UpdateProgress, "throttledForMs"> {
  receipts: Receipt[];
  /** The tokens of the receipts. */
  indexingTokens: string[];
  /** The first 100 issues of actions that were rejected here, or refused alone by the API. */
  rejections: ActionIssue[];
  warnings: Warning[];
}
