// How well the rate is used once a long input is read: node spill-pace.mjs <base url> <requests per second> <requests> <spill | windows>

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directory } from "../../../dist/node.mjs";
import { scaledClient } from "./client.mjs";
import { finish } from "./finish.mjs";

const [baseUrl, requestsPerSecond, requests, mode] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
  process.argv[5],
];
const IDS_PER_REQUEST = 100;
const REQUESTS_PER_WINDOW = 20;

const folder = mkdtempSync(join(tmpdir(), "bench-spill-"));
const client = scaledClient(baseUrl, requestsPerSecond);
const list = Array.from({ length: requests * IDS_PER_REQUEST }, (_, number) => ({
  action: "add",
  id: `customer-${number}`,
}));
let startedAt;
const report = await client.update("vip_customers", list, {
  maxIdsPerRequest: IDS_PER_REQUEST,
  window: REQUESTS_PER_WINDOW * IDS_PER_REQUEST,
  ...(mode === "spill" && { spill: directory(join(folder, "spill")) }),
  // Called when all is read, before anything is sent.
  onProgress: () => {
    startedAt ??= mode === "spill" ? performance.now() : undefined;
  },
});
const sendMs = startedAt === undefined ? report.elapsedMs : performance.now() - startedAt;
rmSync(folder, { recursive: true, force: true });
finish({ sendMs, requests: report.requests, polls: report.polls });
