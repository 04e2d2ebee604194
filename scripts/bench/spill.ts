import { measure } from "./child.ts";
import { actions } from "./measured/actions.mjs";
import type { Benchmark, Table } from "./outcome.ts";
import { startServer } from "./server.ts";
import { median, ratios } from "./statistics.ts";

interface Run {
  /** Until the first request, of the process's time on the processor. */
  readCpuMs: number;
  totalCpuMs: number;
  totalMs: number;
  diskBytes: number;
  requests: number;
  polls: number;
  distinct: number;
  peakMB: number;
}

const LABELS = {
  spill: "with `spill`",
  windows: "without",
  map: "a Map of everything",
} as const;
type Mode = keyof typeof LABELS;

const IDS_PER_REQUEST = 10_000;
const REPEATS = [0, 0.2, 0.8];
const RATE_PER_SECOND = 10;
/** In request intervals. */
const LATENCIES = [0.1, 1, 3];
const JITTER = 0.3;

const run = (mode: Mode, count: number, repeats: number, window: number) =>
  measure<Run>("measured/spill.mjs", mode, count, repeats, window);
const percent = (part: number) => `${part * 100} %`;

export const spill: Benchmark = async ({ quick }) => {
  const million = quick ? 20_000 : 1_000_000;
  return {
    title: "Long inputs, read first",
    method:
      "Generated actions (half with four attributes) and a `fetch` in the same process that accepts at once. With `spill: directory(path)`, " +
      "the source is read to its end and partitioned on disk before anything is sent; without, it is sent in windows. Windows have " +
      "a quarter of a million ids in the first two tables, a million, the default, in the third. The last table is against the " +
      "simulator as a token bucket, with 100 ids in a request and 20 requests in a window.",
    tables: [
      await requestsTable(4 * million, million / 4),
      await costTable(4 * million, million / 4, quick ? 1 : 5),
      await memoryTable([10 * million, 100 * million], million),
      await paceTable(quick ? 30 : 100),
    ],
  };
};

async function requestsTable(count: number, window: number): Promise<Table> {
  const rows: (string | number)[][] = [];
  for (const repeats of REPEATS) {
    const { distinct } = await run("map", count, repeats, window);
    for (const mode of ["spill", "windows"] as const) {
      const { requests, polls } = await run(mode, count, repeats, window);
      rows.push([LABELS[mode], percent(repeats), requests, Math.ceil(distinct / IDS_PER_REQUEST), polls]);
    }
  }
  return {
    caption: `Requests and polls for ${count.toLocaleString("en")} actions`,
    columns: ["", "ids repeated", "requests", "fewest there can be", "polls"],
    rows,
  };
}

async function costTable(count: number, window: number, pairs: number): Promise<Table> {
  const rows: (string | number)[][] = [];
  for (const repeats of REPEATS) {
    const runs: Record<Mode, Run[]> = { spill: [], windows: [], map: [] };
    const modes = Object.keys(runs) as Mode[];
    for (let pair = 0; pair < pairs; pair++) {
      for (const mode of pair % 2 === 0 ? modes : modes.toReversed()) {
        runs[mode].push(await run(mode, count, repeats, window));
      }
    }
    const perAction = (values: number[]) => Math.round((median(values) / count) * 1e6);
    const without = runs.windows.map(({ totalCpuMs }) => totalCpuMs);
    for (const mode of modes) {
      const reading = runs[mode].map(({ readCpuMs }) => readCpuMs);
      const whole = runs[mode].map(({ totalCpuMs }) => totalCpuMs);
      rows.push([
        LABELS[mode],
        percent(repeats),
        mode === "spill" ? perAction(reading) : "",
        mode === "spill" ? median(ratios(reading, without)).toFixed(2) : "",
        perAction(whole),
        median(ratios(whole, without)).toFixed(2),
        Math.round(median(runs[mode].map(({ peakMB }) => peakMB))),
      ]);
    }
  }
  return {
    caption: `Processor time for an action, in nanoseconds, and its ratio to that without (median of ${pairs} pairs of ${count.toLocaleString("en")} actions, order alternated)`,
    columns: ["", "ids repeated", "read and partition", "ratio", "all", "ratio", "peak, MB"],
    rows,
  };
}

async function memoryTable(counts: number[], window: number): Promise<Table> {
  const rows: (string | number)[][] = [];
  for (const count of counts) {
    const { requests, polls, diskBytes, totalMs, peakMB } = await run("spill", count, 0, window);
    rows.push([
      count.toLocaleString("en"),
      Math.round(peakMB),
      (diskBytes / (count * bytesPerAction(count))).toFixed(3),
      requests,
      polls,
      Math.round(totalMs / 1000),
    ]);
  }
  return {
    caption:
      "Peak memory with `spill` by length of the source, and the disk it takes, compared with the serialised actions",
    columns: ["actions", "peak, MB", "disk", "requests", "polls", "seconds"],
    rows,
  };
}

/** Of the first million. */
function bytesPerAction(count: number): number {
  const sample = Math.min(count, 1_000_000);
  let bytes = 0;
  for (const action of actions(sample, { repeats: 0 })) bytes += Buffer.byteLength(JSON.stringify(action));
  return bytes / sample;
}

async function paceTable(requests: number): Promise<Table> {
  const rows: (string | number)[][] = [];
  const intervalMs = 1000 / RATE_PER_SECOND;
  for (const mode of ["spill", "windows"] as const) {
    for (const latency of LATENCIES) {
      const server = await startServer({
        options: { requestsPerSecond: RATE_PER_SECOND, burst: 2 },
        latency: { ms: latency * intervalMs, jitter: JITTER },
      });
      const paced = await measure<{ sendMs: number; requests: number; polls: number }>(
        "measured/spill-pace.mjs",
        server.url,
        RATE_PER_SECOND,
        requests,
        mode,
      );
      server.close();
      const ideal = (requests - 1 + latency) * intervalMs;
      rows.push([LABELS[mode], latency, paced.requests, paced.polls, (paced.sendMs / ideal).toFixed(3)]);
    }
  }
  return {
    caption: "Time to send, once reading has ended, against the least that the rate permits",
    columns: ["", "latency, intervals", "requests", "polls", "elapsed / ideal"],
    rows,
  };
}
