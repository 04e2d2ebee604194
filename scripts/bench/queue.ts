import { findPostgres } from "../servers.ts";
import { measure } from "./child.ts";
import type { Benchmark } from "./outcome.ts";
import { median, percentile } from "./statistics.ts";

export const queue: Benchmark = async ({ quick }) => {
  const actions = quick ? 20_000 : 200_000;
  const rounds = quick ? 1 : 5;
  const singles = quick ? 5 : 200;
  const title = "The queue on PostgreSQL";
  const found = await findPostgres();
  if (!("url" in found)) return { title, method: `Not run: there is ${found.missing}.`, tables: [] };

  const perSecond: [one: number, four: number][] = [];
  for (let round = 0; round < rounds; round++) {
    const run = await measure<{ perSecond: [number, number] }>(
      "measured/queue.mjs",
      "enqueue",
      found.url,
      actions,
    );
    perSecond.push(run.perSecond);
  }
  const latencies = async (mode: "listen" | "poll", count: number) =>
    (await measure<{ latencies: number[] }>("measured/queue.mjs", mode, found.url, Math.ceil(count)))
      .latencies;
  const rate = (values: number[]) => Math.round(median(values)).toLocaleString("en");
  const row = (name: string, values: number[]) =>
    [name, ...[0.5, 0.99, 1].map((share) => `${percentile(values, share).toFixed(0)} ms`)] as const;

  return {
    title,
    method: `A server on the same machine, with fsync. \`enqueue\`: ${actions.toLocaleString("en")} actions in batches of 500, each a transaction, half of the ids new. A single opt-out: ${singles} of them, or a quarter of that without \`listen\`, from the call of \`enqueue\` until its request starts, with a rate that makes nobody wait: the wait for its turn comes on top.`,
    tables: [
      {
        caption: `Actions a second (median of ${rounds} runs)`,
        columns: ["", "actions / s"],
        rows: [
          ["1 connection", rate(perSecond.map(([one]) => one))],
          ["4 connections", rate(perSecond.map(([, four]) => four))],
        ],
      },
      {
        caption: "Until the request of a single opt-out starts",
        columns: ["", "median", "99 %", "longest"],
        rows: [
          [...row("with `listen`", await latencies("listen", singles))],
          [...row("without: it polls twice a second", await latencies("poll", singles / 4))],
        ],
      },
    ],
  };
};
