import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "./child.ts";
import { installPeers } from "./comparison.ts";
import type { Benchmark, Table } from "./outcome.ts";

interface Step {
  requests?: number;
  seconds: number;
  cpuSeconds: number;
  peakMB: number;
}

const STEPS = {
  read: "reading the list alone",
  first: "mirror, the first night: all are adds",
  next: "mirror, the next night: 1.5 % changed",
  unchanged: "mirror, a night without changes",
  push: "the full list by `update`",
} as const;

export const mirror: Benchmark = async ({ quick }) => {
  const million = quick ? 10_000 : 1_000_000;
  return {
    title: "Mirror",
    method:
      "Two lists as NDJSON files in random order, read by lines, half of the members with four attributes; in the second 0.5 % of the " +
      "ids are new, 0.5 % have gone and 0.5 % have changed. A process for each step, with Node's default flags and a `fetch` in the same " +
      "process that accepts at once. The ratio is to the time of reading the list alone.",
    tables: [await nights(5 * million), await nights(20 * million)],
  };
};

/** The same difference, from its own reader of NDJSON to a table on disk. */
async function duckdb(folder: string, readSeconds: number): Promise<(string | number)[][]> {
  const rows = [];
  for (const step of ["first", "next"]) {
    const { seconds, cpuSeconds, peakMB } = await measure<Step>("peers/duckdb.mjs", step, folder);
    const ratio = (seconds / readSeconds).toFixed(1);
    const label = `DuckDB, the ${step} night: nothing is sent`;
    rows.push([label, "", seconds.toFixed(1), ratio, cpuSeconds.toFixed(1), Math.round(peakMB)]);
  }
  return rows;
}

async function nights(members: number): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), "bench-mirror-"));
  const run = (step: string) => measure<Step>("measured/mirror.mjs", step, folder, members);
  try {
    await run("write");
    const rows: (string | number)[][] = [];
    let readSeconds = Number.NaN;
    for (const [step, label] of Object.entries(STEPS)) {
      const { requests = "", seconds, cpuSeconds, peakMB } = await run(step);
      if (step === "read") readSeconds = seconds;
      const ratio = (seconds / readSeconds).toFixed(1);
      rows.push([label, requests, seconds.toFixed(1), ratio, cpuSeconds.toFixed(1), Math.round(peakMB)]);
    }
    if (installPeers()) rows.push(...(await duckdb(folder, readSeconds)));
    return {
      caption: `${members.toLocaleString("en")} members`,
      columns: ["", "requests", "seconds", "ratio", "processor, s", "peak, MB"],
      rows,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
