import type { ActionIssue } from "../actions/action.ts";
import type { Receipt, UpdateReport, Warning } from "./report.ts";

const MAX_REJECTIONS = 100;
const MAX_SAMPLES = 5;

/** The lists of a report. All are bounded, except the receipts: some 130 bytes per request. */
export class ReportLists {
  readonly #receipts: Receipt[] = [];
  readonly #rejections: ActionIssue[] = [];
  readonly #warnings = new Map<string, Warning>();

  addReceipt(receipt: Receipt): void {
    this.#receipts.push(receipt);
  }

  addRejection(issue: ActionIssue): void {
    if (this.#rejections.length < MAX_REJECTIONS) this.#rejections.push(issue);
  }

  warn(reason: string, sample?: Warning["samples"][number]): void {
    let warning = this.#warnings.get(reason);
    if (warning === undefined) {
      warning = { reason, count: 0, samples: [] };
      this.#warnings.set(reason, warning);
    }
    warning.count++;
    if (sample !== undefined && warning.samples.length < MAX_SAMPLES) warning.samples.push(sample);
  }

  get all(): Pick<UpdateReport, "receipts" | "indexingTokens" | "rejections" | "warnings"> {
    return {
      receipts: this.#receipts,
      indexingTokens: this.#receipts.flatMap(({ indexingToken }) => indexingToken ?? []),
      rejections: this.#rejections,
      warnings: [...this.#warnings.values()],
    };
  }
}
