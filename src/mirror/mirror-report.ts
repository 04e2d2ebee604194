import type { UpdateReport, Warning } from "../update/report.ts";
import { Tally } from "./compare.ts";
import type { Guard } from "./mirror-errors.ts";
import type { MembersRead } from "./read-members.ts";

/** What became of the list. The counts of an update are those of the changes that were sent, and of invalid records. */
export interface MirrorReport extends UpdateReport {
  /** Distinct ids of the list: `added + changed + unchanged`. */
  members: number;
  /** Not on the audience before. */
  added: number;
  /** On the audience with other attributes, or not known to be on it as they are. */
  changed: number;
  /** On the audience, or not known to be off it, and not in the list. */
  removed: number;
  unchanged: number;
  /** Records of the list that a later one for the same id replaces. */
  duplicates: number;
  /** How many ids the audience must have once all is applied. */
  expectedIds: number;
  /** How many ids the API counts once all is applied. Missing if that was not waited for, or if the API did not say. */
  actualIds?: number;
  /** Whether everything that was sent is known to be applied. */
  applied: boolean;
  /** Of a dry run: what the guards would have refused. */
  guards?: Guard[];
}

const MAX_REJECTIONS = 100;

/** Puts together what was read, what was compared and what was sent. */
export function reportOf(sent: UpdateReport, read: MembersRead, tally = new Tally()): MirrorReport {
  const { members, added, changed, removed, unchanged, duplicates, expected } = tally;
  const { rejections, warnings } = read.lists.all;
  return {
    ...sent,
    received: sent.received + read.rejected,
    rejected: sent.rejected + read.rejected,
    rejections: [...rejections, ...sent.rejections].slice(0, MAX_REJECTIONS),
    warnings: [...warnings, ...others(sent.warnings, warnings)],
    members,
    added,
    changed,
    removed,
    unchanged,
    duplicates,
    expectedIds: expected,
    applied: false,
  };
}

/** What is said of a member is said again of its add. */
function others(sent: readonly Warning[], read: readonly Warning[]): Warning[] {
  return sent.filter(({ reason }) => read.every((warning) => warning.reason !== reason));
}
