import { expect, test } from "vitest";
import type { ActionIssue, AudienceAction } from "../../src/actions/action.ts";
import { ApiError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  type Answer,
  accept,
  add,
  adds,
  expectBalance,
  refusal,
  rejection,
  remove,
  stub,
} from "../support/scripted-api.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY };

/** Refuses each request that holds one of the ids. */
function refusing(isBad: (id: string) => boolean, status = 400): Answer {
  return (call) => {
    const bad = call.actions.find(({ id }) => isBad(id));
    return bad === undefined ? accept(call) : refusal(status, `id ${bad.id} is not one`);
  };
}

for (const status of [400, 422]) {
  test.each([0, 1, 4999, 5000, 9999])(
    `one bad record among 10,000, the one at %i, costs at most 28 further requests after a ${status}`,
    async (bad) => {
      const told: [ActionIssue, unknown][] = [];
      const api = stub(
        refusing((id) => id === `${bad}`, status),
        quick,
      );
      const updating = api.client.update("vips", adds(10_000), {
        refused: "isolate",
        onRejected: (...given) => told.push(given),
      });
      const error = await rejection(updating, UpdateError);
      expectBalance(error.report);
      expect(error.report).toMatchObject({
        accepted: 9999,
        failed: 1,
        unsent: 0,
        requests: api.updates.length,
      });
      expect(api.updates.length).toBeLessThanOrEqual(29);
      expect([...error.undelivered]).toEqual([add(`${bad}`)]);
      expect(error.cause).toBeInstanceOf(ApiError);
      expect(error.cause).toMatchObject({ status });
      const issue = { index: bad, id: `${bad}`, path: "", reason: `id ${bad} is not one` };
      expect(told).toEqual([[issue, add(`${bad}`)]]);
      expect(error.report.rejections).toEqual([issue]);
    },
  );
}

test("without isolate a refusal stops the run", async () => {
  const api = stub(refusing((id) => id === "5"));
  const error = await rejection(api.client.update("vips", adds(10)), UpdateError);
  expect(api.updates).toHaveLength(1);
  expect([...error.undelivered]).toEqual(adds(10));
});

test("several bad records are all told, with their index in the source", async () => {
  const bad = ["0", "40", "41", "99"];
  const api = stub(
    refusing((id) => bad.includes(id)),
    quick,
  );
  const actions = [...adds(50), ...adds(100)];
  const error = await rejection(api.client.update("vips", actions, { refused: "isolate" }), UpdateError);
  expect(error.report).toMatchObject({ received: 150, superseded: 50, accepted: 96, failed: 4 });
  expect(error.report.rejections.map(({ index }) => index).sort((a, b) => a - b)).toEqual([50, 90, 91, 149]);
  expect([...error.undelivered].map(({ id }) => id).sort()).toEqual([...bad].sort());
});

test.each([
  ["at the default rate", 1, 60],
  ["without a rate limit, where more is on its way", Number.POSITIVE_INFINITY, 120],
])(
  "a refusal of everything, %s, is seen after a few requests, and hands everything back",
  async (_, rate, most) => {
    const api = stub(() => refusal(400, "no such audience"), { requestsPerSecond: rate });
    const error = await rejection(
      api.client.update("vips", adds(10_000), { refused: "isolate" }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(api.updates.length).toBeLessThan(most);
    expect(error.cause).toMatchObject({ errorMessage: "no such audience" });
    expect(error.report).toMatchObject({ received: 10_000, accepted: 0 });
    const numbers = (actions: Iterable<AudienceAction>) =>
      Array.from(actions, ({ id }) => Number(id)).sort((a, b) => a - b);
    expect(numbers(error.undelivered)).toEqual(numbers(adds(10_000)));
  },
);

test("a refusal of everything is seen as early when the next window repeats the ids", async () => {
  const api = stub(() => refusal(400), quick);
  const actions = [...adds(1000), add("x"), ...adds(1000), add("y")];
  const error = await rejection(
    api.client.update("vips", actions, { refused: "isolate", window: 1000 }),
    UpdateError,
  );
  expectBalance(error.report);
  expect(api.updates.length).toBeLessThan(120);
});

test("the run ends once maxRefused records have been refused alone", async () => {
  const api = stub(
    refusing((id) => Number(id) % 10 === 0),
    { ...quick, maxInFlight: 1 },
  );
  const options = { refused: "isolate", maxRefused: 7, maxIdsPerRequest: 100 } as const;
  const error = await rejection(api.client.update("vips", adds(10_000), options), UpdateError);
  expectBalance(error.report);
  expect(error.report.rejections.length).toBeGreaterThanOrEqual(7);
  expect(error.report.rejections.length).toBeLessThanOrEqual(9);
  expect(error.report.unsent).toBeGreaterThan(9000);
  expect(error.undelivered).toHaveLength(10_000 - error.report.accepted);
});

test("fewer bad records than maxRefused do not keep the others from being delivered", async () => {
  const api = stub(
    refusing((id) => Number(id) < 6),
    quick,
  );
  const options = { refused: "isolate", maxRefused: 7, maxIdsPerRequest: 100 } as const;
  const actions = [...adds(1000, 6), ...adds(6)];
  const error = await rejection(api.client.update("vips", actions, options), UpdateError);
  expect(error.report).toMatchObject({ accepted: 1000, failed: 6 });
});

test("a refused record that a later window supersedes is no failure", async () => {
  const api = stub((call) =>
    call.route === "update" && call.actions.some(({ id, action }) => id === "0" && action === "add")
      ? refusal(400)
      : accept(call),
  );
  for (const window of [1, 2]) {
    const actions = [add("0"), add("1"), add("2"), remove("0")];
    const report = await api.client.update("vips", actions, {
      refused: "isolate",
      window,
      maxIdsPerRequest: 1,
    });
    expectBalance(report);
    expect(report).toMatchObject({ received: 4, superseded: 1, accepted: 3, failed: 0 });
    expect(report.rejections).toMatchObject([{ index: 0, id: "0" }]);
  }
});

test("a 413 of a single record is isolated as well", async () => {
  const api = stub(
    (call) => (call.actions.some(({ id }) => id === "3") ? refusal(413) : accept(call)),
    quick,
  );
  const error = await rejection(api.client.update("vips", adds(8), { refused: "isolate" }), UpdateError);
  expect(error.report).toMatchObject({ accepted: 7, failed: 1 });
  expect([...error.undelivered]).toEqual([add("3")]);
});

test("a server that gives no message is quoted with what it answered", async () => {
  const api = stub((call) =>
    call.actions.some(({ id }) => id === "1") ? new Response("", { status: 400 }) : accept(call),
  );
  const error = await rejection(api.client.update("vips", adds(2), { refused: "isolate" }), UpdateError);
  expect(error.report.rejections[0]!.reason).toBe("Batch answered 400 to POST /audiences/update.");
});

test("an onRejected that throws ends the run, and the books balance", async () => {
  const api = stub(refusing((id) => id === "3"));
  const error = await rejection(
    api.client.update("vips", adds(8), {
      refused: "isolate",
      onRejected: () => {
        throw new Error("disk full");
      },
    }),
    UpdateError,
  );
  expectBalance(error.report);
  expect(error.cause).toMatchObject({ message: "disk full" });
  expect([...error.undelivered].map(({ id }) => id)).toContain("3");
  expect(error.undelivered).toHaveLength(8 - error.report.accepted);
});
