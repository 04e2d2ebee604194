import { setTimeout as sleep } from "node:timers/promises";
import { lineChart } from "./chart.ts";
import { measure } from "./child.ts";
import type { Benchmark } from "./outcome.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";

interface Pace {
  elapsedMs: number;
  requests: number;
}

interface Setting {
  label: string;
  ratePerSecond: number;
  burst: number;
  runs: number;
  faulty: boolean;
}

/** In request intervals. */
const LATENCIES = [0.1, 1, 3];
const JITTER = 0.3;
const FAULTS = { serverError: 0.03, reset: 0.02 };

/** Scaled up, so that a run takes seconds; and the rate the real API allows, with a bucket that forgives nothing. */
const SETTINGS: Setting[] = [
  { label: "10 a second, burst 2", ratePerSecond: 10, burst: 2, runs: 3, faulty: false },
  { label: "10 a second, burst 2, 5 % of requests fail", ratePerSecond: 10, burst: 2, runs: 3, faulty: true },
  { label: "1 a second, burst 1", ratePerSecond: 1, burst: 1, runs: 1, faulty: false },
  { label: "1 a second, burst 1, 5 % of requests fail", ratePerSecond: 1, burst: 1, runs: 1, faulty: true },
];

export const pace: Benchmark = async ({ quick }) => {
  const requests = quick ? 5 : 100;
  const rows: (string | number)[][] = [];
  const lines: { label: string; points: [number, number][] }[] = [];
  for (const setting of SETTINGS) {
    // Latencies side by side: client and server do next to nothing but wait. To start takes all of a core, though.
    const results = await Promise.all(
      LATENCIES.map(async (latency, index) => {
        await sleep(2000 * index);
        const all = [];
        for (let seed = 1; seed <= (quick ? 1 : setting.runs); seed++) {
          all.push(await run(setting, latency, requests, seed));
        }
        return { latency, all };
      }),
    );
    const points: [number, number][] = [];
    for (const { latency, all } of results) {
      const ratios = all.map(({ ratio }) => ratio);
      points.push([latency, median(ratios)]);
      rows.push([
        setting.label,
        latency,
        all.length,
        all.reduce((sum, { made }) => sum + made, 0),
        median(ratios).toFixed(3),
        Math.max(...ratios).toFixed(3),
        all.reduce((sum, { throttled }) => sum + throttled, 0),
      ]);
    }
    lines.push({ label: setting.label, points });
  }
  return {
    title: "The allowed rate, fully used",
    method: `${requests} requests and their repeats against the simulator as a token bucket; answers take the latency given, ± ${JITTER * 100} %. Ideal is one request an interval, repeats included, and the latency of the last. Delays between repeats are scaled like the rate. Nobody but the client uses the bucket, so each 429 is one that it brought upon itself.`,
    tables: [
      {
        caption: "Time against the ideal (median of the runs), and 429s",
        columns: ["", "latency, intervals", "runs", "requests", "elapsed / ideal", "worst run", "429s"],
        rows,
      },
    ],
    charts: {
      "pace.svg": lineChart({
        title: "Time that a run takes, against the least that the allowed rate permits",
        x: "latency of an answer, in request intervals",
        y: "ratio",
        from: 0.9,
        lines,
        level: { y: 1, label: "ideal" },
      }),
    },
  };
};

async function run(
  { ratePerSecond, burst, faulty }: Setting,
  latency: number,
  requests: number,
  seed: number,
) {
  const intervalMs = 1000 / ratePerSecond;
  const server = await startServer({
    options: { seed, requestsPerSecond: ratePerSecond, burst, ...(faulty ? { faults: FAULTS } : {}) },
    latency: { ms: latency * intervalMs, jitter: JITTER },
  });
  const { elapsedMs, requests: made } = await measure<Pace>(
    "measured/pace.mjs",
    server.url,
    ratePerSecond,
    requests,
  );
  const { throttled } = await server.verify({ audience: "vip_customers", count: 0, repeats: 0, seed });
  server.close();
  return { ratio: elapsedMs / ((made - throttled - 1 + latency) * intervalMs), throttled, made };
}
