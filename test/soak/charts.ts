import { lineChart } from "../../scripts/bench/chart.ts";
import { median } from "../../scripts/bench/statistics.ts";
import type { Measure, Samples } from "./samples.ts";

const CHARTS: Record<string, { title: string; unit: string; measures: Measure[] }> = {
  "soak-memory.svg": {
    title: "Heap and disk in a soak of everything at once",
    unit: "MB",
    measures: ["heap in use, MB", "memory outside the heap, MB", "work directories, MB"],
  },
  "soak-resident.svg": {
    title: "Resident memory in a soak of everything at once",
    unit: "MB",
    measures: ["resident memory, MB"],
  },
  "soak-counts.svg": {
    title: "Handles, listeners and files in a soak of everything at once",
    unit: "count",
    measures: ["open handles and timers", "listeners", "files in the work directories"],
  },
};

const POINTS = 120;

/** By the name of its file. A point is the median of the samples around it. */
export function chartsOf(samples: Samples): Record<string, string> {
  const minutes = samples.atMs.map((ms) => ms / 60_000);
  const length = Math.max(1, Math.ceil(samples.count / POINTS));
  const pointsOf = (values: number[]) =>
    Array.from({ length: Math.floor(values.length / length) }, (_, at) => {
      const part = (all: number[]) => median(all.slice(at * length, (at + 1) * length));
      return [part(minutes), part(values)] as const;
    });
  return Object.fromEntries(
    Object.entries(CHARTS).map(([file, { title, unit, measures }]) => {
      const lines = measures.map((name) => ({
        label: name.replace(/, MB$/, ""),
        points: pointsOf(samples.of(name)),
      }));
      return [file, lineChart({ title, x: "minutes", y: unit, lines })];
    }),
  );
}
