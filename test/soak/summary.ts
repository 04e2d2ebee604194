// What a soak prints and, after a full one, writes into the docs.

import { format } from "../../scripts/bench/outcome.ts";
import type { Growth } from "./growth.ts";
import type { Measure } from "./samples.ts";
import type { World } from "./world.ts";

interface Found {
  world: World;
  seed: number;
  seconds: number;
  samples: number;
  /** What sent what: the audiences of each client, by what the client is. */
  clients: Record<string, string[]>;
  requestsPerSecond: number;
  /** How often requests became what, the most frequent first. */
  requests: [became: string, count: number][];
  throttles: number;
  members: number;
  growth: (readonly [measure: Measure, growth: Growth])[];
  /** In percent of one core. */
  load: { client: number; server: number };
}

const count = (value: number) => Math.round(value).toLocaleString("en");

export function summaryOf(found: Found): string {
  const { world, seed, seconds, samples, requestsPerSecond, load, throttles, members } = found;
  const requests = found.requests.reduce((sum, [, count]) => sum + count, 0);
  const answered = found.requests.map(([became, times]) => `${became}: ${count(times)}`).join(", ");
  const audiences = Object.values(found.clients).flat().length;
  return format({
    method: [
      `Seed ${seed}, ${(seconds / 60).toFixed(1)} minutes, ${count(samples)} samples, ${audiences} audiences with ${count(members)} ids in the end.`,
      `${count(requests)} requests, ${(requests / seconds).toFixed(1)} a second, of at most ${requestsPerSecond} for each of ${Object.keys(found.clients).length} rates.`,
      `They ended as ${answered}.`,
      `${count(throttles)} times, the requests of a client had to wait.`,
      `${count(world.actions)} actions, ${count(world.actions / seconds)} a second. ${count(world.aborted)} runs were aborted.`,
      `Load of a core: the client ${load.client.toFixed(0)} %, the fake ${load.server.toFixed(0)} %.`,
    ].join(" "),
    tables: [
      {
        caption: "What was running",
        columns: ["rate", "audiences"],
        rows: Object.entries(found.clients).map(([client, names]) => [client, names.join(", ")]),
      },
      {
        caption: "Runs that came to their end",
        columns: ["", "runs"],
        rows: [...world.runs].map(([kind, runs]) => [kind, count(runs)]),
      },
      {
        caption: "Medians of the first and of the last third, after a warm-up",
        columns: ["", "first", "last", "at most", ""],
        rows: found.growth.map(([measure, { first, last, most, hasGrown }]) => [
          measure,
          ...[first, last, most].map((value) => value.toFixed(1)),
          hasGrown ? "grown" : "flat",
        ]),
      },
    ],
  });
}
