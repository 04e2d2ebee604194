// A program that mirrors a list, and kills itself at a given moment: node mirror-child.mjs <base url> <folder> <list> <stage> <at>

import fs from "node:fs/promises";
import { createAudienceClient } from "../../src/client.ts";
import { mirror } from "../../src/mirror/index.ts";
import { SnapshotDirectory } from "../../src/node/snapshot-directory.ts";
import { FAST, fastRuntime } from "../support/environment.ts";
import { randomMembers } from "./mirror-list.ts";

const [baseUrl = "", folder = "", list = "", stage = "", at = ""] = process.argv.slice(2);
let left = Number(at);

/** Dies once there were so many operations of the stage: no code runs after this. */
function count(of: string): void {
  if (of === stage && left-- <= 0) process.kill(process.pid, "SIGKILL");
}

function* source() {
  for (const member of randomMembers(Number(list))) {
    count("reading");
    yield member;
  }
}

/** Every call of the file system, before and after. */
const disk = Object.fromEntries(
  Object.entries(fs).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      count("disk");
      const result = await (call as (...args: unknown[]) => Promise<unknown>)(...args);
      count("disk");
      return result;
    },
  ]),
) as unknown as typeof fs;

const client = createAudienceClient({
  ...FAST,
  runtime: fastRuntime(1),
  baseUrl,
  timeoutMs: Number.POSITIVE_INFINITY,
  retry: { ...FAST.retry, retries: 100 },
  async fetch(request) {
    count("sending");
    // In the middle of it.
    const answer = fetch(request);
    await new Promise(setImmediate);
    count("sending");
    const response = await answer;
    count("sending");
    return response;
  },
});

await mirror(client, "vips", source(), {
  state: new SnapshotDirectory(folder, disk),
  baseline: "empty",
  maxRemoved: "100%",
  maxIdsPerRequest: 20,
  window: 60,
});
