// One contender against a simulator: node run.mjs <name> <base url> <interval> <count> <seed>

import { actions } from "../measured/actions.mjs";
import { finish } from "../measured/finish.mjs";

const CONTENDERS = {
  ours: async () => (await import("./ours.mjs")).deliver,
  sequential: async () => (await import("./sequential.mjs")).deliver,
  pooled: async () => (await import("./pooled.mjs")).deliver,
  "bulk-streamed": async () => (await import("./elasticsearch.mjs")).bulkHelper({ fromMap: false }),
  "bulk-from-map": async () => (await import("./elasticsearch.mjs")).bulkHelper({ fromMap: true }),
  chunked: async () => (await import("./algolia.mjs")).deliver,
};

const [name, baseUrl] = process.argv.slice(2);
const [intervalMs, count, seed] = process.argv.slice(4).map(Number);
const counts = { received: 0, superseded: 0, delivered: 0, failed: 0 };

function* counted(source) {
  for (const action of source) {
    counts.received++;
    yield action;
  }
}

const deliver = await CONTENDERS[name]();
const started = performance.now();
let error;
try {
  await deliver(
    counted(actions(count, { seed })),
    { baseUrl, audience: "vip_customers", intervalMs },
    counts,
  );
} catch (thrown) {
  error = [thrown.name, thrown.statusCode].filter(Boolean).join(" ");
}
finish({ ...counts, error, elapsedMs: performance.now() - started });
