import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { measure } from "./child.ts";
import type { Benchmark, Table } from "./outcome.ts";
import { startServer } from "./server.ts";
import { median, ratios } from "./statistics.ts";

const LABELS = {
  limit: "plain fetch, bodies serialised beforehand (the limit)",
  ours: "batch-audiences, from an array",
  naive: "Map, slices, sequential fetch, from an array",
  cli: "the command line, from a CSV file, start and end included",
};

type Mode = keyof typeof LABELS;

export const loopback: Benchmark = async ({ quick }) => {
  const count = quick ? 20_000 : 1_000_000;
  const rounds = quick ? 1 : 5;
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const csv = join(folder, "actions.csv");
  await measure("measured/loopback.mjs", "csv", csv, count);
  const server = await startServer({ options: { drainOnly: true } });

  async function elapsedMs(mode: Mode): Promise<number> {
    if (mode === "cli") return timeCommand(csv, server.url);
    const { elapsedMs } = await measure<{ elapsedMs: number }>(
      "measured/loopback.mjs",
      mode,
      server.url,
      count,
    );
    return elapsedMs;
  }

  const times: Record<Mode, number[]> = { limit: [], ours: [], naive: [], cli: [] };
  const order = Object.keys(LABELS) as Mode[];
  for (let round = 0; round < rounds; round++) {
    for (const mode of round % 2 === 0 ? order : order.toReversed()) times[mode].push(await elapsedMs(mode));
  }
  server.close();
  const table = await measureTable(join(folder, "table.csv"), quick);
  rmSync(folder, { recursive: true });

  return {
    title: "End to end over loopback HTTP",
    method: `${count.toLocaleString("en")} actions (20 % of the ids repeated, half with four attributes) to a server in a process of its own that discards what it is sent; no rate limit, four requests outstanding, except for the sequential one.`,
    tables: [
      {
        caption: `Actions a second (median of ${rounds} runs, order alternated)`,
        columns: ["", "actions / s", "time / time of the limit"],
        rows: order.map((mode) => [
          LABELS[mode],
          Math.round((count / median(times[mode])) * 1000).toLocaleString("en"),
          median(ratios(times[mode], times.limit)).toFixed(2),
        ]),
      },
      table,
    ],
  };
};

const READERS = {
  "dry-run": "the command line, --dry-run: read, checked and written as requests",
  "csv-parse": "csv-parse alone: cut into cells",
};

/** How long a long table takes to read, in a process of its own. */
async function measureTable(csv: string, quick: boolean): Promise<Table> {
  const count = quick ? 20_000 : 2_000_000;
  const rounds = quick ? 1 : 3;
  await measure("measured/table.mjs", "write", csv, count);
  const modes = Object.keys(READERS) as (keyof typeof READERS)[];
  const runs: Record<keyof typeof READERS, Read[]> = { "dry-run": [], "csv-parse": [] };
  for (let round = 0; round < rounds; round++) {
    for (const mode of round % 2 === 0 ? modes : modes.toReversed()) {
      runs[mode].push(await measure<Read>("measured/table.mjs", mode, csv));
    }
  }
  return {
    caption: `A CSV of ${count.toLocaleString("en")} rows of five columns, start and end of the process included (median of ${rounds} runs, order alternated)`,
    columns: ["", "seconds", "peak memory, MB"],
    rows: modes.map((mode) => [
      READERS[mode],
      (median(runs[mode].map(({ elapsedMs }) => elapsedMs)) / 1000).toFixed(1),
      Math.round(median(runs[mode].map(({ peakMB }) => peakMB))),
    ]),
  };
}

interface Read {
  elapsedMs: number;
  peakMB: number;
}

async function timeCommand(csv: string, baseUrl: string): Promise<number> {
  const main = fileURLToPath(new URL("../../dist/cli/main.mjs", import.meta.url));
  const args = [main, "update", "vip_customers", csv, "--base-url", baseUrl, "--rate", "Infinity", "--quiet"];
  const started = performance.now();
  await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: "", BATCH_REST_KEY: "rest-key", BATCH_PROJECT_KEY: "project-key" },
  });
  return performance.now() - started;
}
