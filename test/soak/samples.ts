// What is measured of the process of a soak, once a second.

import { getEventListeners } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Allowed } from "./growth.ts";

const MB = 1e6;

/** With what each may grow, from the first third to the last. */
export const MEASURES = {
  "heap in use, MB": { share: 0.05, amount: 1 },
  "resident memory, MB": { share: 0.1, amount: 10 },
  "memory outside the heap, MB": { share: 0.1, amount: 2 },
  "work directories, MB": { share: 0.2, amount: 1 },
  "open handles and timers": { share: 0.2, amount: 5 },
  listeners: { share: 0, amount: 2 },
  "files in the work directories": { share: 0.2, amount: 4 },
} as const satisfies Record<string, Allowed>;

export type Measure = keyof typeof MEASURES;

export const MEASURE_NAMES = Object.keys(MEASURES) as Measure[];

export class Samples {
  readonly #values: Record<Measure, Float64Array>;
  readonly #atMs: Float64Array;
  #count = 0;

  /** Room for all of them: what is measured must not grow by being measured. */
  constructor(most: number) {
    const room = MEASURE_NAMES.map((name) => [name, new Float64Array(most)] as const);
    this.#values = Object.fromEntries(room) as Record<Measure, Float64Array>;
    this.#atMs = new Float64Array(most);
  }

  add(atMs: number, sample: Record<Measure, number>): void {
    this.#atMs[this.#count] = atMs;
    for (const name of MEASURE_NAMES) this.#values[name][this.#count] = sample[name];
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  of(name: Measure): number[] {
    return [...this.#values[name].subarray(0, this.#count)];
  }

  get atMs(): number[] {
    return [...this.#atMs.subarray(0, this.#count)];
  }
}

/** After a collection: needs `--expose-gc`. */
export function takeSample(folder: string, signal: AbortSignal): Record<Measure, number> {
  globalThis.gc!();
  const { heapUsed, rss, external } = process.memoryUsage();
  const { files, bytes } = contentOf(folder);
  return {
    "heap in use, MB": heapUsed / MB,
    "resident memory, MB": rss / MB,
    "memory outside the heap, MB": external / MB,
    "work directories, MB": bytes / MB,
    "open handles and timers": process.getActiveResourcesInfo().length,
    listeners: listenersOn(signal),
    "files in the work directories": files,
  };
}

/** On the signal, and on the process whatever the event. */
export function listenersOn(signal: AbortSignal): number {
  const counts = process.eventNames().map((name) => process.listenerCount(name));
  return counts.reduce((sum, count) => sum + count, getEventListeners(signal, "abort").length);
}

function contentOf(folder: string): { files: number; bytes: number } {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  // It may have been removed meanwhile.
  const sizes = paths.flatMap((path) => statSync(path, { throwIfNoEntry: false })?.size ?? []);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
