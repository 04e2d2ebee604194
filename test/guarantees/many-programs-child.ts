// One of many programs of a project: a producer that puts actions into the queue, or a deliverer.

import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { AudienceAction } from "../../src/actions/action.ts";
import { createAudienceClient } from "../../src/client.ts";
import { createDeliverer } from "../../src/postgres/deliverer.ts";
import { enqueue } from "../../src/postgres/enqueue.ts";
import { limiter } from "../../src/postgres/postgres-limiter.ts";
import { createRandom, integer } from "../support/random.ts";
import type { DelivererStart, ProducerStart } from "./many-programs.ts";

const start = JSON.parse(process.argv[2] ?? "") as ProducerStart | DelivererStart;
const pool = new pg.Pool({ connectionString: start.databaseUrl, max: 4, application_name: start.name });
// A connection that is cut is opened again with the next statement.
pool.on("error", () => {});
if (start.role === "producer") await produce(start);
else await deliver(start);
await pool.end();

async function produce({
  schema,
  seed,
  actions,
  ids,
  batch,
  maxPauseMs,
  audiences,
}: ProducerStart): Promise<void> {
  const random = createRandom(seed);
  const client = await pool.connect();
  client.on("error", () => {});
  for (let sent = 0; sent < actions; sent += batch) {
    const audience = audiences[integer(random, audiences.length - 1)]!;
    const list = Array.from({ length: batch }, (_, n): AudienceAction => {
      const id = `id-${integer(random, ids - 1)}`;
      return random() < 0.35
        ? { action: "remove", id }
        : { action: "add", id, attributes: { n: seed * 1e6 + sent + n } };
    });
    await client.query("BEGIN");
    await enqueue(client, audience, list, { schema });
    // Once the rows are locked: what is written down here is in the order of the commits.
    await client.query(
      `INSERT INTO ${schema}.committed (audience, action) SELECT $1, action FROM unnest($2::text[]) AS t (action)`,
      [audience, list.map((action) => JSON.stringify(action))],
    );
    await client.query(random() < 0.1 ? "ROLLBACK" : "COMMIT");
    await sleep(random() * maxPauseMs);
  }
  client.release();
}

async function deliver(start: DelivererStart): Promise<void> {
  const { schema, apiUrl, ttlMs, timeoutMs, requestsPerSecond, log, window } = start;
  const client = createAudienceClient({
    restKey: "rest",
    projectKey: "project",
    baseUrl: apiUrl,
    limiter: limiter(pool, { schema, requestsPerSecond }),
    requestsPerSecond,
    timeoutMs,
    retry: { retries: 2, minDelayMs: 1, maxDelayMs: 20, throttleDelayMs: 100 },
    fetch: (request) => {
      appendFileSync(log, `${performance.timeOrigin + performance.now()} ${start.name}\n`);
      return fetch(request);
    },
  });
  const controller = new AbortController();
  process.once("SIGTERM", () => controller.abort());
  const deliverer = createDeliverer({ db: pool, client, schema, ttlMs, timeoutMs, window, pollMs: 20 });
  await deliverer.run(controller.signal);
}
