import { createAudienceClient } from "../../../dist/index.mjs";

/** The defaults, with what takes a second at the real rate taking an interval. */
export async function deliver(source, { baseUrl, audience, intervalMs }, counts) {
  const scale = intervalMs / 1000;
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    baseUrl,
    requestsPerSecond: 1 / scale,
    retry: {
      minDelayMs: 500 * scale,
      maxDelayMs: 30_000 * scale,
      throttleDelayMs: 5000 * scale,
    },
  });
  const { superseded, accepted } = await client.update(audience, source);
  counts.superseded = superseded;
  counts.delivered = accepted;
}
