import { scaledClient } from "../measured/client.mjs";

/** The defaults, at the rate of the others. */
export async function deliver(source, { baseUrl, audience, intervalMs }, counts) {
  const client = scaledClient(baseUrl, 1000 / intervalMs);
  const { superseded, accepted } = await client.update(audience, source);
  counts.superseded = superseded;
  counts.delivered = accepted;
}
