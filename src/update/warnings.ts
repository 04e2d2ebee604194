import type { Warning } from "./report.ts";

const MAX_SAMPLES = 5;

/** Warnings by reason, each with its first few samples. */
export class Warnings {
  readonly #warnings = new Map<string, Warning>();

  add(reason: string, sample?: Warning["samples"][number]): void {
    let warning = this.#warnings.get(reason);
    if (warning === undefined) {
      warning = { reason, count: 0, samples: [] };
      this.#warnings.set(reason, warning);
    }
    warning.count++;
    if (sample !== undefined && warning.samples.length < MAX_SAMPLES) warning.samples.push(sample);
  }

  get list(): Warning[] {
    return [...this.#warnings.values()];
  }
}
