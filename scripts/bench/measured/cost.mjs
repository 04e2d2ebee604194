// The cost of an action, ours against the floor: node cost.mjs <count> <rounds> [both | ours | floor | profile] [example]

import { Session } from "node:inspector/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createAudienceClient } from "../../../dist/index.mjs";
import { actions, exampleActions } from "./actions.mjs";
import { finish } from "./finish.mjs";

const [count, rounds, only = "both"] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const input = process.argv[5] === "example" ? exampleActions : actions;
const IDS_PER_REQUEST = 10_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

/** Parsed anew for each run: a string remembers its hash, which whoever is second would get for nothing. */
const text = JSON.stringify([...input(count)]);

/** What has to be done at the very least: one Map.set per action, one JSON.stringify per survivor, one join per body. */
function floor(list) {
  const last = new Map();
  for (const action of list) last.set(action.id, action);
  let texts = [];
  let length = 0;
  const send = () => {
    length += `{"name":"vip_customers","ids":[${texts.join(",")}]}`.length;
    texts = [];
  };
  for (const action of last.values()) {
    if (texts.push(JSON.stringify(action)) === IDS_PER_REQUEST) send();
  }
  send();
  return length;
}

/** With a `fetch` that accepts at once. */
async function ours(list) {
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    requestsPerSecond: Number.POSITIVE_INFINITY,
    fetch: async () => new Response('{"indexing_token":"token"}', { status: 202 }),
  });
  return await client.update("vip_customers", list);
}

async function time(run) {
  const list = JSON.parse(text);
  collectGarbage();
  const started = performance.now();
  await run(list);
  return performance.now() - started;
}

/** What the processor did in one run of ours, as V8's sampling profiler saw it. */
async function profile() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  const list = JSON.parse(text);
  collectGarbage();
  await session.post("Profiler.start");
  await ours(list);
  return (await session.post("Profiler.stop")).profile;
}

const times = { ours: [], floor: [] };
const runs = Object.entries({ ours, floor }).filter(([name]) => only === "both" || name === only);
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of runs) times[name].push(await time(run));
  runs.reverse();
}
finish(only === "profile" ? await profile() : times);
