import { createAudienceClient } from "../../../dist/index.mjs";

/** A client whose delays are scaled like its rate: what takes a second at the real one takes an interval. */
export function scaledClient(baseUrl, requestsPerSecond) {
  return createAudienceClient({
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
}
