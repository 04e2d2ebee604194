import { measure, measureOn, nodeProgram } from "./child.ts";
import type { Benchmark } from "./outcome.ts";
import { type Profile, timeByFile } from "./profile.ts";
import { median, ratios } from "./statistics.ts";

interface Times {
  ours: number[];
  floor: number[];
}

const NODES = [20, 22, 24];
/** As `measured/cost.mjs` knows them. */
const INPUTS = [
  { label: "the actions above", name: "actions" },
  { label: "the vendor's example", name: "example" },
];

export const cost: Benchmark = async ({ quick }) => {
  const count = quick ? 20_000 : 1_000_000;
  const rounds = quick ? 2 : 9;
  const pairs = quick ? 1 : 9;

  const warm = withoutFirst(await measure<Times>("measured/cost.mjs", count, rounds + 1));

  const cold: Times = { ours: [], floor: [] };
  const order = ["ours", "floor"] as const;
  for (let pair = 0; pair < pairs; pair++) {
    for (const name of pair % 2 === 0 ? order : order.toReversed()) {
      const times = await measure<Times>("measured/cost.mjs", count, 1, name);
      cold[name].push(...times[name]);
    }
  }

  const profile = timeByFile(await measure<Profile>("measured/cost.mjs", count, 2, "profile"));

  const row = (name: string, times: Times) => rowOf(name, times, count);
  const onNodes = [];
  for (const { label, name } of INPUTS) {
    for (const major of NODES) {
      const times = await measureOn<Times>(
        nodeProgram(major),
        "measured/cost.mjs",
        count,
        rounds + 1,
        "both",
        name,
      );
      onNodes.push(row(`Node ${major}, ${label}`, withoutFirst(times)));
    }
  }
  return {
    title: "Cost per action",
    method: `\`update\` over an array of ${count.toLocaleString("en")} actions (20 % of the ids repeated, half with four attributes) with a \`fetch\` in the same process that accepts at once, against the least that has to be done: a Map.set for each action, a JSON.stringify for each that survives, a join for each body. In the vendor's example each action adds an id with a number, a string, a date and an address. The floor checks nothing, reads an array it could not stream, and hands its bodies to nobody.`,
    tables: [
      {
        caption:
          "Time for an action, in nanoseconds, and ratio of the two (median of pairs, order alternated)",
        columns: ["", "ours", "floor", "ratio", "least to most"],
        rows: [
          row(`warm: ${rounds} pairs in one process`, warm),
          row(`cold: ${pairs} pairs, a process for each run`, cold),
        ],
      },
      {
        caption: "The same on several Nodes, warm, also with attributes like those of the vendor's example",
        columns: ["", "ours", "floor", "ratio", "least to most"],
        rows: onNodes,
      },
      {
        caption: "Where a run of ours spends its time, by source file, what it calls on V8 included",
        columns: ["", "share"],
        rows: profile
          .filter(([, share]) => share >= 0.005)
          .map(([file, share]) => [file, `${(share * 100).toFixed(1)} %`]),
      },
    ],
  };
};

/** The first round is there to warm up. */
function withoutFirst({ ours, floor }: Times): Times {
  return { ours: ours.slice(1), floor: floor.slice(1) };
}

function rowOf(name: string, { ours, floor }: Times, count: number): (string | number)[] {
  const all = ratios(ours, floor);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return [
    name,
    Math.round((median(ours) / count) * 1e6),
    Math.round((median(floor) / count) * 1e6),
    median(all).toFixed(2),
    `${least.toFixed(2)} to ${most.toFixed(2)}`,
  ];
}
