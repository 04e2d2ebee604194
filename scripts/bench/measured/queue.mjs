// The queue on PostgreSQL, from the built package: how fast it takes actions, and how soon a single one is sent.

import { createAudienceClient } from "batch-audiences";
import { createDeliverer, enqueue, limiter, migrate } from "batch-audiences/postgres";
import pg from "pg";

const [mode, connectionString, size] = process.argv.slice(2);
const schema = `bench_${process.pid}`;
const db = new pg.Pool({ connectionString, max: 8 });
await migrate(db, { schema });
try {
  const result =
    mode === "enqueue" ? await enqueueAll(Number(size)) : await sendSingles(mode === "listen", Number(size));
  console.log(JSON.stringify(result));
} finally {
  await db.query(`DROP SCHEMA ${schema} CASCADE`);
  await db.end();
}

/** Batches of 500, by 1 and by 4 connections: half of the ids are new. */
async function enqueueAll(actions) {
  const perSecond = [];
  for (const connections of [1, 4]) {
    await db.query(`TRUNCATE ${schema}.queue`);
    let next = 0;
    const started = performance.now();
    await Promise.all(Array.from({ length: connections }, () => producer()));
    perSecond.push(actions / ((performance.now() - started) / 1000));

    async function producer() {
      while (next < actions) {
        const from = next;
        next += 500;
        const batch = Array.from({ length: 500 }, (_, n) => ({
          action: "add",
          id: `customer-${((from + n) * 7_919) % (actions / 2)}`,
          attributes: { city: "Lyon", orders: n },
        }));
        await enqueue(db, "vips", batch, { schema });
      }
    }
  }
  return { perSecond };
}

/** Milliseconds from the call of `enqueue` until the request starts, with a rate that makes nobody wait. */
async function sendSingles(listens, count) {
  let sent = () => {};
  const client = createAudienceClient({
    restKey: "rest-key",
    projectKey: "project-key",
    limiter: limiter(db, { schema, requestsPerSecond: 1_000 }),
    requestsPerSecond: 1_000,
    fetch: async (request) => {
      if (request.method === "GET") return Response.json({ indexing_state: "APPLIED" });
      sent();
      return Response.json({ indexing_token: "token" }, { status: 202 });
    },
  });
  const listen = async (channel, wake) => {
    const listener = await db.connect();
    listener.on("notification", wake);
    await listener.query(`LISTEN ${channel}`);
    return () => listener.release(true);
  };
  const controller = new AbortController();
  const deliverer = createDeliverer({ db, client, schema, ...(listens && { listen }) });
  const running = deliverer.run(controller.signal);
  const latencies = [];
  for (let n = 0; n <= count; n++) {
    const arrived = new Promise((resolve) => {
      sent = () => resolve(performance.now());
    });
    const started = performance.now();
    await enqueue(db, "vips", [{ action: "remove", id: `customer-${n}` }], { schema });
    latencies.push((await arrived) - started);
    // Until it has left the queue, and then some: at any moment between two polls.
    await new Promise((resolve) => setTimeout(resolve, 50 + ((n * 97) % 400)));
  }
  controller.abort();
  await running;
  // The first one also waits for the election.
  return { latencies: latencies.slice(1) };
}
