import { type AppliedState, InvalidActionError, type UpdateReport, type Warning } from "../../index.ts";
import { codeOf, messageOf } from "../cli-errors.ts";
import { clip, formatBytes, formatDuration, formatNumber, pluralize, quote } from "../format.ts";
import type { Rejections } from "./rejections.ts";
import { visible, visibleJson } from "./visible-text.ts";

/** What became of an update. */
export interface Result {
  report: UpdateReport;
  rejections: Rejections;
  dryRun: boolean;
  /** By token, once all are applied. */
  states?: Record<string, AppliedState> | undefined;
  error?: unknown;
}

export function resultJson({ report, rejections, dryRun, states, error }: Result): string {
  return json({
    ...report,
    rejections: rejections.issues,
    ...(dryRun ? { dryRun } : {}),
    ...(states === undefined ? {} : { states }),
    ...(error === undefined ? {} : { error: { code: codeOf(error), message: resultMessage(error) } }),
  });
}

/** The library's message for invalid rows names what it was given for them. */
export function resultMessage(error: unknown): string {
  return error instanceof InvalidActionError ? "Some records are invalid, see rejections" : messageOf(error);
}

export function resultTable({ report, dryRun, states }: Result): string {
  const { audience, received, superseded, rejected, accepted, failed, unsent } = report;
  const { requests, bytes, retries, throttledMs, elapsedMs } = report;
  const extras = [
    formatBytes(bytes),
    dryRun ? "" : formatDuration(elapsedMs),
    retries === 0 ? "" : pluralize(retries, "repeat"),
    throttledMs < 1000 ? "" : `${formatDuration(throttledMs)} throttled`,
  ];
  const rows: Row[] = [
    ["received", received, received === 1 ? "record" : "records"],
    ["superseded", superseded, "followed by a later action for the same id"],
    ["rejected", rejected, "invalid, not sent"],
    [dryRun ? "to be sent" : "accepted", accepted, accepted === 1 ? "id" : "ids"],
    ["failed", failed, "sent, not accepted"],
    ["unsent", unsent, "read, not sent"],
    ["requests", requests, extras.filter(Boolean).join(", ")],
  ];
  const always = ["received", "accepted", "to be sent", "requests"];
  const shown = rows.filter(([name, number]) => number > 0 || always.includes(name));
  if (states !== undefined) shown.push(...appliedRows(states));
  const title = dryRun ? `${audience}: dry run, nothing was sent` : audience;
  return `${title}\n\n${table(shown)}\n`;
}

export type Row = [name: string, number: number, note: string];

export function table(rows: Row[]): string {
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const numberWidth = Math.max(...rows.map(([, number]) => formatNumber(number).length));
  return rows
    .map(([name, number, note]) => {
      return `  ${name.padEnd(nameWidth)}  ${formatNumber(number).padStart(numberWidth)}  ${note}`.trimEnd();
    })
    .join("\n");
}

export function appliedTable(audience: string, states: Record<string, AppliedState>): string {
  return `${audience}\n\n${table(appliedRows(states))}\n`;
}

function appliedRows(states: Record<string, AppliedState>): Row[] {
  const all = Object.values(states);
  const replaced = all.filter((state) => state === "REPLACED").length;
  const rows: Row[] = [["applied", all.length - replaced, `of ${pluralize(all.length, "request")}`]];
  if (replaced > 0) rows.push(["replaced", replaced, "the audience was replaced as a whole since"]);
  return rows;
}

/** The fields of an audience, or of what was done to one. */
export function viewTable(view: object): string {
  const fields = Object.entries(view).filter(([, value]) => value !== undefined);
  const rows = fields.map(([name, value]) => [visible(name), visible(shown(value))] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join("");
}

export function writtenText(title: string, fields: object): string {
  const table = viewTable(fields);
  return `${visible(title)}\n${table === "" ? "" : `\n${table}`}`;
}

export function shown(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function warningText({ reason, count, samples: [first] }: Warning): string {
  const times = count === 1 ? "once" : `${formatNumber(count)} times`;
  if (first === undefined) return count === 1 ? reason : `${reason}: ${times}`;
  const path = first.path === "" || first.path === "id" ? "" : ` at ${clip(first.path)}`;
  return `${reason}: ${times}, first record ${formatNumber(first.index + 1)} with id ${quote(first.id)}${path}`;
}

export function json(value: unknown): string {
  return `${visibleJson(JSON.stringify(value, null, 2))}\n`;
}
