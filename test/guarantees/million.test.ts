import { expect, it } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createAudienceClient } from "../../src/client.ts";
import { addWith, remove } from "../support/actions.ts";
import { startFakeBatch } from "../support/fake-server.ts";
import { problems } from "../support/oracle.ts";
import { createRandom, integer } from "../support/random.ts";

/** Each of 400,000 ids, then 600,000 more actions on any of them. */
function* million(): Generator<AudienceAction> {
  const random = createRandom(1);
  for (let n = 0; n < 1_000_000; n++) {
    const id = `${n < 400_000 ? n : integer(random, 399_999)}`;
    yield random() < 0.5 ? remove(id) : addWith(id, { n });
  }
}

it("1,000,000 actions over 400,000 ids are exactly 40 requests and end in the oracle's state (G23)", {
  timeout: 240_000,
}, async () => {
  const fake = await startFakeBatch({ indexLag: { requests: 100 }, log: false });
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    baseUrl: fake.url,
    requestsPerSecond: Number.POSITIVE_INFINITY,
  });
  const report = await client.update("vips", million());
  expect(report).toMatchObject({ received: 1_000_000, superseded: 600_000, accepted: 400_000, requests: 40 });
  expect(fake.counts).toMatchObject({ requests: 40, updates: 40, accepted: 40 });
  expect(problems(fake, { vips: [...million()] })).toEqual([]);
  await fake.close();
});
