// Actions per second over loopback HTTP: node loopback.mjs <ours | limit | naive> <base url> <count>
// or writes the same actions as a table for the command line: node loopback.mjs csv <path> <count>

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createAudienceClient } from "../../../dist/index.mjs";
import { actions } from "./actions.mjs";
import { finish } from "./finish.mjs";

const [mode, target, count] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const IDS_PER_REQUEST = 10_000;
const IN_FLIGHT = 4;

async function post(body) {
  const response = await fetch(`${target}/audiences/update`, {
    method: "POST",
    headers: {
      Authorization: "Bearer rest-key",
      "X-Batch-Project": "project-key",
      "Content-Type": "application/json",
    },
    body,
  });
  await response.text();
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}

function* slices(list) {
  for (let from = 0; from < list.length; from += IDS_PER_REQUEST)
    yield list.slice(from, from + IDS_PER_REQUEST);
}

const MODES = {
  async ours(list) {
    const client = createAudienceClient({
      restKey: "rest-key",
      projectKey: "project-key",
      baseUrl: target,
      requestsPerSecond: Number.POSITIVE_INFINITY,
      maxInFlight: IN_FLIGHT,
    });
    return () => client.update("vip_customers", list);
  },
  /** Nothing but the way over HTTP: the bodies are there before the clock starts. */
  async limit(list) {
    const last = [...new Map(list.map((action) => [action.id, action])).values()];
    const bodies = [...slices(last)].map((ids) => JSON.stringify({ name: "vip_customers", ids }));
    return () =>
      Promise.all(
        Array.from({ length: IN_FLIGHT }, async () => {
          for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) await post(body);
        }),
      );
  },
  async naive(list) {
    return async () => {
      const last = new Map();
      for (const action of list) last.set(action.id, action);
      for (const ids of slices([...last.values()]))
        await post(JSON.stringify({ name: "vip_customers", ids }));
    };
  },
  async csv(list) {
    const file = createWriteStream(target);
    file.write("action,id,first_name,city,orders:number,newsletter:boolean\n");
    for (const { action, id, attributes = {} } of list) {
      const { first_name = "", city = "", orders = "", newsletter = "" } = attributes;
      const row = `${action},${id},${first_name},${city},${orders},${newsletter}\n`;
      if (!file.write(row)) await once(file, "drain");
    }
    file.end();
    await once(file, "close");
    return async () => {};
  },
};

const run = await MODES[mode](JSON.parse(JSON.stringify([...actions(count)])));
const started = performance.now();
await run();
finish({ elapsedMs: performance.now() - started });
