import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { ActionIssue, AudienceAction } from "../../src/actions/action.ts";
import { ApiError } from "../../src/errors.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  type Answer,
  accept,
  add,
  adds,
  expectBalance,
  firstAnswer,
  json,
  REST_KEY,
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
    `one bad record among 10,000, the one at %i, costs at most 28 further requests after a ${status} (G3)`,
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

test("the run ends with the record that reaches maxRefused", async () => {
  const api = stub(
    refusing((id) => Number(id) % 2 === 0),
    { ...quick, maxInFlight: 1 },
  );
  const options = { refused: "isolate", maxRefused: 2, maxIdsPerRequest: 1 } as const;
  const error = await rejection(api.client.update("vips", adds(20), options), UpdateError);
  expect(error.report.failed).toBe(2);
  expect(error.report.unsent).toBeGreaterThan(10);
});

test("a window of bad records alone does not keep the next one from being delivered", async () => {
  const api = stub(
    refusing((id) => Number(id) < 5),
    quick,
  );
  const options = { refused: "isolate", window: 5 } as const;
  const error = await rejection(api.client.update("vips", adds(10), options), UpdateError);
  expect(error.report).toMatchObject({ accepted: 5, failed: 5, unsent: 0 });
});

test("with fewer bad records than maxRefused, the others are delivered", async () => {
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

test.each<[what: string, isBad: (n: number) => boolean, count: number]>([
  ["5 bad records, then a good one", (n) => n < 5, 6],
  ["12 bad records, then 4 good ones", (n) => n < 12, 16],
  ["a good record between bad ones", (n) => n !== 9, 20],
  ["60 bad records, then 9,940 good ones", (n) => n < 60, 10_000],
])("%s: all good ones are delivered", async (_what, isBad, count) => {
  const api = stub(
    refusing((id) => isBad(Number(id))),
    quick,
  );
  const error = await rejection(api.client.update("vips", adds(count), { refused: "isolate" }), UpdateError);
  const bad = adds(count).filter(({ id }) => isBad(Number(id)));
  expectBalance(error.report);
  expect(error.report).toMatchObject({ accepted: count - bad.length, failed: bad.length, unsent: 0 });
  const ids = (actions: Iterable<AudienceAction>) => Array.from(actions, ({ id }) => id).sort();
  expect(ids(error.undelivered)).toEqual(ids(bad));
});

test("records that were refused are in the checkpoint, and a resumed run hands them back (G7)", async () => {
  const api = stub(
    refusing((id) => id === "1" || id === "2"),
    quick,
  );
  const checkpoints: Checkpoint[] = [];
  const cut = await rejection(
    api.client.update("vips", adds(4), {
      refused: "isolate",
      maxIdsPerRequest: 2,
      onProgress: ({ checkpoint }) => checkpoints.push(structuredClone(checkpoint)),
    }),
    UpdateError,
  );
  expect([...cut.report.checkpoint.refused!].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(adds(2, 1));
  // The same source again, as a program would that was killed after its last checkpoint.
  const later = [...adds(4), add("4"), remove("2")];
  const error = await rejection(
    api.client.update("vips", later, { refused: "isolate", resumeFrom: checkpoints.at(-1) }),
    UpdateError,
  );
  expectBalance(error.report);
  expect(error.report).toMatchObject({ received: 2, accepted: 1, failed: 1 });
  expect(Array.from(error.undelivered, ({ id }) => id).sort()).toEqual(["1", "2"]);
});

test("a resumed run that reads a newer action for a refused record hands back only the others (G7)", async () => {
  const api = stub();
  const error = await rejection(
    api.client.update("vips", [add("a"), remove("1")], {
      resumeFrom: { records: 1, refused: [add("1"), add("2")] },
    }),
    UpdateError,
  );
  expect([...error.undelivered]).toEqual([add("2")]);
  expect(error.report).toMatchObject({ received: 1, accepted: 1, superseded: 0, failed: 0 });
  expect(error.report.checkpoint.refused).toEqual([add("2")]);
  expect(error.message).toContain("earlier run");
});

describe("a 202 that names refused records (G7)", () => {
  const partly = (errors: unknown, more = {}) =>
    json(202, { indexing_token: "t", code: "SUCCESS_WITH_PARTIAL_ERRORS", errors, ...more });

  test.each(["stop", "isolate"] as const)("with refused: %s delivers the others", async (refused) => {
    const given: [ActionIssue, unknown][] = [];
    const api = stub(firstAnswer(() => partly([{ bulk_index: 1, reason: "Malformed id" }])));
    const error = await rejection(
      api.client.update("vips", adds(5), {
        maxIdsPerRequest: 3,
        refused,
        onRejected: (...args) => given.push(args),
      }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(error.report).toMatchObject({ accepted: 4, failed: 1, unsent: 0, requests: 2, warnings: [] });
    expect([...error.undelivered]).toEqual([add("1")]);
    const issue = { index: 1, id: "1", path: "", reason: "Malformed id" };
    expect(given).toEqual([[issue, add("1")]]);
    expect(error.cause).toMatchObject({ code: "API", status: 202, errorMessage: "Malformed id" });
    expect(error.report.indexingTokens).toEqual(["t", "t1"]);
  });

  test("counts places in the request, whatever was superseded between them", async () => {
    const api = stub(firstAnswer(() => partly([{ bulk_index: 1, reason: "no" }])));
    const actions = [add("a"), add("b"), add("c"), add("a")];
    const error = await rejection(api.client.update("vips", actions), UpdateError);
    expect(api.updates[0]!.actions.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect([...error.undelivered]).toEqual([add("c")]);
    expect(error.report.rejections).toMatchObject([{ index: 2, id: "c" }]);
  });

  test("warns if it names others in a way that is not known", async () => {
    const errors = [{ bulk_index: 0, reason: "no" }, { id: "1" }];
    const api = stub(firstAnswer(() => partly(errors)));
    const error = await rejection(api.client.update("vips", adds(3)), UpdateError);
    expect(error.report).toMatchObject({ accepted: 2, failed: 1 });
    expect(error.report.warnings).toMatchObject([{ count: 1, samples: [{ path: "code, errors" }] }]);
  });

  test.each<[what: string, errors: unknown]>([
    ["no list", "all of them"],
    ["no object", [5]],
    ["a place outside of the request", [{ bulk_index: 2, reason: "no" }]],
    ["a place that is no number", [{ bulk_index: "0", reason: "no" }]],
  ])("in a way that is not known (%s) is accepted, with a warning", async (_what, errors) => {
    const api = stub(firstAnswer(() => partly(errors)));
    const report = await api.client.update("vips", adds(2));
    expect(report).toMatchObject({ accepted: 2, failed: 0 });
    expect(report.warnings).toEqual([
      {
        reason: "a 202 with unexpected fields",
        count: 1,
        samples: [{ index: 0, id: "", path: "code, errors" }],
      },
    ]);
  });

  test("and repeats the REST key does not make it show", async () => {
    const api = stub(
      firstAnswer(() => partly([{ bulk_index: 0, reason: `no ${REST_KEY}` }], { [REST_KEY]: 1 })),
    );
    const error = await rejection(api.client.update("vips", adds(1)), UpdateError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(REST_KEY);
    expect(error.report.rejections[0]?.reason).toBe("no [restKey]");
  });

  test("and is cut within the REST key shows no part of it", async () => {
    const reason = `${"x".repeat(495)}${REST_KEY}`;
    const api = stub(firstAnswer(() => partly([{ bulk_index: 0, reason }])));
    const error = await rejection(api.client.update("vips", adds(1)), UpdateError);
    expect(error.report.rejections[0]?.reason).toMatch(/^x{495}\[rest$/);
  });

  test.each([{ toString: null }, null, []])(
    "for a reason that is no text hands the record back: %j",
    async (reason) => {
      const api = stub(firstAnswer(() => partly([{ bulk_index: 0, reason }])));
      const error = await rejection(api.client.update("vips", adds(1)), UpdateError);
      expect(error.report.rejections[0]?.reason).toBe("no reason given");
      expect([...error.undelivered]).toEqual(adds(1));
    },
  );
});

test("a refusal of everything has a cause also where a later window supersedes all that was tried", async () => {
  const api = stub(() => refusal(400, "no such audience"), quick);
  const error = await rejection(
    api.client.update("vips", [...adds(30), ...adds(30)], { refused: "isolate", window: 30 }),
    UpdateError,
  );
  expect(error.cause).toMatchObject({ errorMessage: "no such audience" });
});
