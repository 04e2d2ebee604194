import { lineChart } from "./chart.ts";
import { measureOn, nodeProgram, runChild } from "./child.ts";
import type { Benchmark } from "./outcome.ts";

interface Memory {
  peakMB: number;
  records: number;
  samples: [records: number, peakMB: number][];
  seconds: number;
}

const RUNS = [
  { label: "ours, all ids distinct", mode: "ours", repeats: 0 },
  { label: "ours, 20 % repeated", mode: "ours", repeats: 0.2 },
  { label: "a Map of everything", mode: "map", repeats: 0 },
] as const;

const OTHER_NODES = [22, 24];

export const memory: Benchmark = async ({ quick }) => {
  const million = quick ? 10_000 : 1_000_000;
  const sizes = [1, 10, 50, 100];
  const rows: (string | number)[][] = [];
  const lines = [];
  for (const { label, mode, repeats } of RUNS) {
    let longest: Memory | undefined;
    let died: number | undefined;
    for (const size of sizes) {
      const { result, death } = await runChild<Memory>("measured/memory.mjs", mode, size * million, repeats);
      if (result === undefined) throw new Error(`memory.mjs ${mode}: ${death}`);
      longest = result;
      if (death !== undefined) died = result.records;
      rows.push([
        label,
        (size * million).toLocaleString("en"),
        Math.round(result.peakMB),
        Math.round(result.seconds),
        death === undefined ? "ended well" : `died after ${result.records.toLocaleString("en")}: ${death}`,
      ]);
    }
    const points = [...longest!.samples, [longest!.records, longest!.peakMB] as const];
    lines.push({
      label: died === undefined ? label : `${label}: dies at ${(died / 1e6).toFixed(1)} million`,
      points: points.map(([records, peakMB]) => [records / 1e6, peakMB] as const),
      ends: died !== undefined,
    });
  }
  for (const major of OTHER_NODES) {
    const count = 50 * million;
    const node = nodeProgram(major);
    const { peakMB, seconds } = await measureOn<Memory>(node, "measured/memory.mjs", "ours", count, 0.2);
    const label = `ours, 20 % repeated, Node ${major}`;
    rows.push([label, count.toLocaleString("en"), Math.round(peakMB), Math.round(seconds), "ended well"]);
  }
  return {
    title: "Flat memory",
    method:
      "Peak resident memory of a process with Node's default flags that reads a generator to its end, at the default window of 1,000,000 ids and with a `fetch` in the same process. The usual way beside it: every id in one `Map`, then slices of it.",
    tables: [
      {
        caption: "Peak memory by length of the source",
        columns: ["", "actions", "peak, MB", "seconds", "end"],
        rows,
      },
    ],
    charts: {
      "memory.svg": lineChart({
        title: "Peak memory of the process",
        x: "million actions read",
        y: "MB",
        lines,
      }),
    },
  };
};
