// How well the allowed rate is used: node pace.mjs <base url> <requests per second> <requests>

import { scaledClient } from "./client.mjs";
import { finish } from "./finish.mjs";

const [baseUrl, requestsPerSecond, requests] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
];
const IDS_PER_REQUEST = 100;

const client = scaledClient(baseUrl, requestsPerSecond);
const list = Array.from({ length: requests * IDS_PER_REQUEST }, (_, number) => ({
  action: "add",
  id: `customer-${number}`,
}));
const started = performance.now();
const report = await client.update("vip_customers", list, { maxIdsPerRequest: IDS_PER_REQUEST });
finish({ elapsedMs: performance.now() - started, requests: report.requests });
