// What every runtime must do: the packed package against its own fake, in virtual time. Plain JavaScript, since it is run as it is.
import {
  ApiError,
  ConfigurationError,
  createAudienceClient,
  InvalidActionError,
  NotAppliedError,
  UpdateError,
} from "batch-audiences";
import { createFakeBatch } from "batch-audiences/testing";

const parts = {
  async update() {
    const { batch, client } = start({ indexLag: { requests: 3 } });
    batch.throttleNext(1);
    batch.loseNextAnswer();
    const report = await client.update("vips", actions(), { window: 500 });
    equal(report.received, 3000);
    equal(report.received, report.superseded + report.accepted);
    await batch.settled();
    batch.expectNoViolations();
    const { members } = batch.audience("vips");
    equal(members.size, 900);
    equal(members.has("customer-10"), false);
    equal(JSON.stringify(members.get("customer-999")), JSON.stringify({ city: "Lyon é", orders: 999 }));
  },

  async isolate() {
    const { client, batch } = start({ refuse: ({ id }) => id === "customer-7" && "Malformed id" });
    const error = await failureOf(client.update("vips", actions(), { refused: "isolate" }));
    equal(error instanceof UpdateError, true);
    equal([...error.undelivered].map(({ id }) => id).join(), "customer-7");
    equal(batch.audience("vips").members.size, 899);
  },

  async abort() {
    const { batch, client } = start();
    batch.hangNext();
    const stop = new AbortController();
    const running = client.update("vips", actions(), { signal: stop.signal, window: 100 });
    setTimeout(() => stop.abort(new Error("enough")), 20);
    const error = await failureOf(running);
    equal(error instanceof UpdateError, true);
    equal(error.cause?.message, "enough");
    const { received, superseded, accepted, failed, unsent } = error.report;
    equal(received, superseded + accepted + failed + unsent);
    equal(failed + unsent > 0, true);
  },

  async wait() {
    const { client } = start({ indexLag: { requests: 5 } });
    const { indexingTokens } = await client.update("vips", actions());
    const states = await client.waitUntilApplied("vips", indexingTokens);
    equal(Object.values(states).join(), "APPLIED");
    const late = start({ indexLag: { ms: 1e9 } });
    const report = await late.client.update("vips", actions());
    const error = await failureOf(
      late.client.waitUntilApplied("vips", report.indexingTokens, { timeoutMs: 5_000 }),
    );
    equal(error instanceof NotAppliedError, true);
  },

  async errors() {
    const { batch, client } = start();
    const invalid = await failureOf(client.update("vips", [{ action: "add", id: "" }]));
    equal(invalid instanceof InvalidActionError, true);
    batch.failNext(401);
    const refused = await failureOf(client.update("vips", actions()));
    equal(refused.cause instanceof ApiError, true);
    equal(refused.cause.status, 401);
    equal(refused.message.includes("secret-key"), false);
    const configured = await failureOf(async () => start({}, { baseUrl: "no address" }));
    equal(configured instanceof ConfigurationError, true);
  },

  async stream() {
    const { batch, client } = start();
    const source = new ReadableStream({
      start(stream) {
        for (const action of actions()) stream.enqueue(action);
        stream.close();
      },
    });
    equal((await client.update("vips", source)).accepted, 1000);
    equal(batch.audience("vips").members.size, 900);
  },
};

/** Each part by its name: "yes", or what went wrong. */
export async function scenario() {
  const outcomes = {};
  for (const [name, part] of Object.entries(parts)) {
    outcomes[name] = await part().then(
      () => "yes",
      (error) => error?.stack ?? String(error),
    );
  }
  return outcomes;
}

function start(fakeOptions, clientOptions) {
  const batch = createFakeBatch({ seed: 1, ...fakeOptions });
  const { fetch, runtime } = batch;
  const keys = { restKey: "secret-key", projectKey: "project" };
  return { batch, client: createAudienceClient({ ...keys, fetch, runtime, ...clientOptions }) };
}

/** Three actions for each of 1,000 ids, the last of which counts. Every tenth id ends as removed. */
function* actions() {
  for (let round = 1; round <= 3; round++) {
    for (let at = 0; at < 1000; at++) {
      const id = `customer-${at}`;
      if (round === 3 && at % 10 === 0) yield { action: "remove", id };
      else yield { action: "add", id, attributes: { city: "Lyon é", orders: at } };
    }
  }
}

async function failureOf(work) {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}

function equal(actual, expected) {
  if (!Object.is(actual, expected)) throw new Error(`expected ${expected}, got ${actual}`);
}
