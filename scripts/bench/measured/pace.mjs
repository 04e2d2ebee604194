// How well the allowed rate is used: node pace.mjs <base url> <requests per second> <requests>

import { createAudienceClient } from "../../../dist/index.mjs";
import { finish } from "./finish.mjs";

const [baseUrl, requestsPerSecond, requests] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
];
const IDS_PER_REQUEST = 100;

// The delays are meant for 1 request a second; what takes a second there takes an interval here.
const client = createAudienceClient({
  restKey: "rest-key",
  projectKey: "project-key",
  baseUrl,
  requestsPerSecond,
  retry: {
    minDelayMs: 500 / requestsPerSecond,
    maxDelayMs: 30_000 / requestsPerSecond,
    throttleDelayMs: 5000 / requestsPerSecond,
  },
});
const list = Array.from({ length: requests * IDS_PER_REQUEST }, (_, number) => ({
  action: "add",
  id: `customer-${number}`,
}));
const started = performance.now();
const report = await client.update("vip_customers", list, { maxIdsPerRequest: IDS_PER_REQUEST });
finish({ elapsedMs: performance.now() - started, requests: report.requests });
