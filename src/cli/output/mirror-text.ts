import type { MirrorReport } from "../../mirror/index.ts";
import { codeOf } from "../cli-errors.ts";
import { formatBytes, formatDuration, formatNumber } from "../format.ts";
import type { Rejections } from "./rejections.ts";
import { json, type Row, resultMessage, table } from "./result-text.ts";

/** What became of a list. */
export interface MirrorResult {
  report: MirrorReport;
  rejections: Rejections;
  dryRun: boolean;
  error?: unknown;
}

export function mirrorJson({ report, rejections, dryRun, error }: MirrorResult): string {
  return json({
    ...report,
    rejections: rejections.issues,
    ...(dryRun ? { dryRun } : {}),
    ...(error === undefined ? {} : { error: { code: codeOf(error), message: resultMessage(error) } }),
  });
}

export function mirrorTable({ report, dryRun }: MirrorResult): string {
  const { audience, members, added, changed, removed, unchanged, duplicates, rejected } = report;
  const { failed, unsent, requests, bytes, elapsedMs, expectedIds, actualIds } = report;
  const rows: Row[] = [
    ["members", members, "ids in the list"],
    ["added", added, "not on the audience before"],
    ["changed", changed, "on the audience with other attributes, or not known to be as they are"],
    ["removed", removed, "no longer in the list"],
    ["unchanged", unchanged, "not sent"],
    ["duplicates", duplicates, "followed by a later record for the same id"],
    ["rejected", rejected, "invalid, or refused by the API"],
    ["failed", failed, "sent, not accepted"],
    ["unsent", unsent, "not sent"],
    ["requests", requests, [formatBytes(bytes), ...(dryRun ? [] : [formatDuration(elapsedMs)])].join(", ")],
  ];
  if (actualIds !== undefined) rows.push(["counted", actualIds, countNote(actualIds, expectedIds)]);
  const hidden = ["duplicates", "rejected", "failed", "unsent"];
  const shown = rows.filter(([name, number]) => number > 0 || !hidden.includes(name));
  const title = dryRun ? `${audience}: dry run, nothing was sent` : audience;
  return `${title}\n\n${table(shown)}\n`;
}

function countNote(actualIds: number, expectedIds: number): string {
  if (actualIds === expectedIds) return "ids on the audience, as the API says (nb_ids)";
  const expected = `${formatNumber(expectedIds)} expected`;
  return `ids on the audience, as the API says (nb_ids); ${expected}: --reassert repairs what others have changed`;
}
