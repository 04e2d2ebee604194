// A long input, read first or not: node spill.mjs <spill | windows | map> <count> <repeats> <window>

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAudienceClient } from "../../../dist/index.mjs";
import { directory } from "../../../dist/node.mjs";
import { actions } from "./actions.mjs";
import { finish } from "./finish.mjs";

const mode = process.argv[2];
const [count, repeats, window] = process.argv.slice(3).map(Number);
const folder = mkdtempSync(join(tmpdir(), "bench-spill-"));
const path = join(folder, "spill");
const result = { readMs: undefined, diskBytes: 0, requests: 0, polls: 0, distinct: 0 };
const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

// Also when the process dies of what it was doing.
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  finish({ ...result, totalMs: performance.now() - started, totalCpuMs: cpuMs() - startedCpu });
});

/** In this process, at once. Each request has its token, and each token is applied. */
let tokens = 0;
async function accept(request) {
  if (request.method === "GET") {
    result.polls++;
    return Response.json({ indexing_state: "APPLIED" });
  }
  if (result.readMs === undefined) {
    result.readMs = performance.now() - started;
    result.readCpuMs = cpuMs() - startedCpu;
  }
  result.requests++;
  return Response.json({ indexing_token: `token-${tokens++}` }, { status: 202 });
}

/** The usual way to keep the last action of each id: all of them in a Map, then slices of it. */
async function map(source) {
  const last = new Map();
  for (const action of source) last.set(action.id, action);
  let chunk = [];
  const send = async () => {
    const body = JSON.stringify({ name: "vip_customers", ids: chunk });
    await accept(new Request("http://localhost/", { method: "POST", body }));
    chunk = [];
  };
  for (const action of last.values()) {
    if (chunk.push(action) === 10_000) await send();
  }
  if (chunk.length > 0) await send();
  result.distinct = last.size;
}

async function update(source) {
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    requestsPerSecond: Number.POSITIVE_INFINITY,
    fetch: accept,
  });
  const report = await client.update("vip_customers", source, {
    window,
    ...(mode === "spill" && { spill: directory(path), onProgress: measureDisk }),
  });
  result.distinct = report.accepted;
}

function measureDisk() {
  if (result.diskBytes > 0) return;
  for (const name of readdirSync(path)) result.diskBytes += statSync(join(path, name)).size;
}

const started = performance.now();
const startedCpu = cpuMs();
await (mode === "map" ? map : update)(actions(count, { repeats }));
