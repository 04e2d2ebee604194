// How much memory a long source takes: node memory.mjs <ours | map> <count> <repeats> [ours: requests per second]

import { createAudienceClient } from "../../../dist/index.mjs";
import { actions } from "./actions.mjs";
import { finish } from "./finish.mjs";

const [mode, count, repeats] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const samples = [];
let records = 0;

// Also when the process dies of what it was doing.
process.on("exit", () => finish({ records, samples, seconds: performance.now() / 1000 }));

function* watched(source) {
  for (const action of source) {
    yield action;
    if (++records % Math.max(1, count / 40) === 0) {
      samples.push([records, (process.resourceUsage().maxRSS * 1024) / 1e6]);
    }
  }
}

/** The usual way to keep the last action of each id: all of them in a Map, then slices of it. */
async function map(source) {
  const last = new Map();
  for (const action of source) last.set(action.id, action);
  let chunk = [];
  const send = async () => {
    await accept(new Request("http://localhost/", body(chunk)));
    chunk = [];
  };
  for (const action of last.values()) {
    if (chunk.push(action) === 10_000) await send();
  }
  if (chunk.length > 0) await send();
}

const body = (ids) => ({ method: "POST", body: JSON.stringify({ name: "vip_customers", ids }) });

async function ours(source) {
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    requestsPerSecond: Number.POSITIVE_INFINITY,
    fetch: accept,
  });
  await client.update("vip_customers", source);
}

/** In this process, at once. Each request has its token, and each token is applied. */
let tokens = 0;
async function accept(request) {
  if (request.method === "GET") return Response.json({ indexing_state: "APPLIED" });
  return Response.json({ indexing_token: `token-${tokens++}` }, { status: 202 });
}

await { ours, map }[mode](watched(actions(count, { repeats })));
