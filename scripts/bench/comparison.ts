import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { evenly, PASSING_FAULTS } from "../../src/testing/index.ts";
import { runChild } from "./child.ts";
import type { Benchmark } from "./outcome.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";

interface Delivered {
  received: number;
  superseded: number;
  delivered: number;
  failed: number;
  error?: string;
  elapsedMs: number;
  peakMB: number;
}

interface Contender {
  name: string;
  label: string;
  /** Needs the packages of `peers/package.json`. */
  installed: boolean;
}

const CONTENDERS: Contender[] = [
  { name: "ours", label: "batch-audiences", installed: false },
  { name: "sequential", label: "Map, slices, sequential fetch", installed: false },
  { name: "pooled", label: "Map, p-limit 7, p-retry 7", installed: true },
  { name: "bulk-streamed", label: "@elastic/elasticsearch 9 bulk helper", installed: true },
  { name: "bulk-from-map", label: "the same, fed from a Map", installed: true },
  { name: "chunked", label: "algoliasearch 5 chunkedBatch, from a Map", installed: true },
];

const INTERVAL_MS = 100;
/** All that pass but one: to sit out an answer that never comes would only measure everyone's timeout. */
const FAULTS = evenly(
  0.1,
  PASSING_FAULTS.filter((kind) => kind !== "hang"),
);

export const comparison: Benchmark = async ({ quick }) => {
  const count = quick ? 50_000 : 1_000_000;
  const seeds = quick ? [1] : [1, 2, 3];
  const areInstalled = installPeers();
  const rows: (string | number)[][] = [];
  for (const { name, label, installed } of CONTENDERS) {
    if (installed && !areInstalled) {
      rows.push([label, "could not be installed", ...Array(7).fill("")]);
      continue;
    }
    const runs: Awaited<ReturnType<typeof run>>[] = [];
    for (const seed of seeds) runs.push(await run(name, count, seed));
    const of = (value: (run: (typeof runs)[number]) => number) => Math.round(median(runs.map(value)));
    const range = (value: (run: (typeof runs)[number]) => number) => {
      const values = runs.map(value).sort((one, other) => one - other);
      const [least, most] = [values[0]!, values.at(-1)!];
      return (least === most ? [least] : [least, most])
        .map((value) => value.toLocaleString("en"))
        .join(" to ");
    };
    const errors = [...new Set(runs.flatMap(({ error }) => error ?? []))];
    rows.push([
      label,
      `${runs.filter(({ wrong }) => wrong === 0).length} of ${runs.length}`,
      range(({ wrong }) => wrong),
      range(({ unaccounted }) => unaccounted),
      range(({ failed }) => failed),
      (median(runs.map(({ elapsedMs }) => elapsedMs)) / 1000).toFixed(1),
      of(({ requests }) => requests),
      of(({ throttled }) => throttled),
      of(({ peakMB }) => peakMB),
      errors.length === 0 ? "" : `${errors.join("; ").slice(0, 80)}`,
    ]);
  }
  return {
    title: "Against what people do today",
    method: `${count.toLocaleString("en")} actions from a generator, 20 % of the ids repeated, to the same simulator in a process of its own: ${1000 / INTERVAL_MS} requests a second with a burst of 2, answers after 30 ms ± 30 %, 10 % of the requests struck by one of ten faults, half of those that can be after the work was done, and accepted requests applied in any order within 0.5 s. Seeds ${seeds.join(", ")}. Every contender spaces its requests by the allowed rate and has its delays scaled alike. Wrong ids: there and should not be, missing, or with other attributes. Unaccounted for: neither delivered, superseded nor failed by the contender's own account.`,
    tables: [
      {
        caption: `Final state and cost (median of ${seeds.length} runs, or least to most)`,
        columns: [
          "",
          "runs ending right",
          "wrong ids",
          "unaccounted for",
          "told as failed",
          "seconds",
          "requests",
          "429s",
          "peak, MB",
          "ended with",
        ],
        rows,
      },
    ],
  };
};

async function run(name: string, count: number, seed: number) {
  const server = await startServer({
    options: {
      seed,
      requestsPerSecond: 1000 / INTERVAL_MS,
      burst: 2,
      faults: FAULTS,
      indexLag: { ms: 5 * INTERVAL_MS },
    },
    latency: { ms: 0.3 * INTERVAL_MS, jitter: 0.3 },
  });
  const { result, death } = await runChild<Delivered>(
    "peers/run.mjs",
    name,
    server.url,
    INTERVAL_MS,
    count,
    seed,
  );
  if (result === undefined) throw new Error(`peers/run.mjs ${name}: ${death}`);
  const verified = await server.verify({ audience: "vip_customers", count, repeats: 0.2, seed });
  server.close();
  // What was never read is not delivered either.
  const unaccounted = count - result.delivered - result.superseded - result.failed;
  return { ...result, ...verified, unaccounted };
}

/** They are no part of the project's own installation. */
export function installPeers(): boolean {
  const folder = fileURLToPath(new URL("peers/", import.meta.url));
  if (existsSync(`${folder}node_modules/@duckdb/node-api`)) return true;
  try {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
