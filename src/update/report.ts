import type { ActionIssue } from "../actions/action.ts";

/** What is known of one accepted request. */
export interface Receipt {
  /** To ask `view` or `waitUntilApplied` with. Missing where the API accepted without giving one. */
  indexingToken?: string;
  /** Actions in the request. */
  ids: number;
  /** Length of the body. */
  bytes: number;
  /** How often it was sent; more than 1 after a fault or a 429. */
  attempts: number;
}

/** Something legal that looks like a mistake: sent, and counted. */
export interface Warning {
  reason: string;
  count: number;
  /** The first few. */
  samples: { index: number; id: string; path: string }[];
}

/** Where the same source can be taken up again, as `resumeFrom`. Plain JSON. */
export interface Checkpoint {
  /** Every record of the source before this index is settled for good. */
  records: number;
  /** Accepted, but not known to be applied: a resumed run waits for them before it sends. */
  indexingTokens?: string[];
}

/** Actions by what became of them: `received = superseded + rejected + accepted + failed + unsent`, always. */
export interface Counts {
  /** Read from the source. */
  received: number;
  /** Followed by another action for the same id, so never sent. */
  superseded: number;
  /** Invalid, so never sent. */
  rejected: number;
  /** In a request that the API accepted. */
  accepted: number;
  /** Sent, and refused or without an answer to the end. */
  failed: number;
  /** Not sent, or not yet. */
  unsent: number;
}

/** How far an update has got. */
export interface UpdateProgress extends Counts {
  audience: string;
  /** HTTP requests made to `/audiences/update`, repeats included. */
  requests: number;
  /** Requests repeated after a fault. A repeat after a 429 is none. */
  retries: number;
  /** HTTP requests made to `/audiences/view`, to wait between windows. */
  polls: number;
  /** Time for which the API had asked to wait, in milliseconds. */
  throttledMs: number;
  /** For how much longer it asks to wait, in milliseconds. */
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

const REJECTIONS_KEPT = 100;
const SAMPLES_KEPT = 5;

/** Where an update keeps its books. */
export class Ledger {
  received = 0;
  superseded = 0;
  rejected = 0;
  accepted = 0;
  failed = 0;
  requests = 0;
  retries = 0;
  polls = 0;
  bytes = 0;
  /** Refused alone by the API, whether a later action for the id has come since or not. */
  refusedAlone = 0;
  readonly receipts: Receipt[] = [];
  readonly rejections: ActionIssue[] = [];
  readonly #warnings = new Map<string, Warning>();

  reject(issue: ActionIssue): void {
    if (this.rejections.length < REJECTIONS_KEPT) this.rejections.push(issue);
  }

  warn(reason: string, index: number, id: string, path: string): void {
    let warning = this.#warnings.get(reason);
    if (warning === undefined) {
      warning = { reason, count: 0, samples: [] };
      this.#warnings.set(reason, warning);
    }
    warning.count++;
    if (warning.samples.length < SAMPLES_KEPT) warning.samples.push({ index, id, path });
  }

  /** The parts of a report that a run does not show while it goes on. */
  get lists(): Pick<UpdateReport, "receipts" | "indexingTokens" | "rejections" | "warnings"> {
    const { receipts, rejections } = this;
    const indexingTokens = receipts.flatMap(({ indexingToken }) => indexingToken ?? []);
    return { receipts, indexingTokens, rejections, warnings: [...this.#warnings.values()] };
  }
}
