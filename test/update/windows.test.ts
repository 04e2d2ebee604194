import { describe, expect, test } from "vitest";
import { NotAppliedError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  type Answer,
  accept,
  add,
  adds,
  addsInTurn,
  applied,
  type Call,
  cutOff,
  expectBalance,
  expectPace,
  firstAnswer,
  inProgress,
  json,
  refusal,
  rejection,
  remove,
  silence,
  stub,
} from "../support/scripted-api.ts";

const quick = { requestsPerSecond: Number.POSITIVE_INFINITY };
const shape = ({ route, actions, token }: Call) =>
  route === "update" ? actions.map(({ id }) => id).join() : token;

describe("a window", () => {
  test("starts once every request of the one before has ended, and those with its ids are applied (G2)", async () => {
    const api = stub();
    const report = await api.client.update("vips", addsInTurn(8, 5), { window: 4, maxIdsPerRequest: 2 });
    expect(api.calls.map(shape)).toEqual(["0,1", "2,3", "t0", "t1", "4,0", "1,2"]);
    expectPace(
      api.calls.map(({ at }) => at),
      1000,
    );
    expect(report).toMatchObject({ requests: 4, polls: 2, accepted: 8 });
  });

  test("asks only for those requests that have one of its ids", async () => {
    const api = stub();
    const actions = [
      ...adds(4),
      add("4"),
      remove("1"),
      ...adds(3, 5),
      remove("8"),
      ...adds(3, 9),
      remove("4"),
    ];
    const report = await api.client.update("vips", actions, { window: 4, maxIdsPerRequest: 2 });
    expect(api.calls.map(shape)).toEqual(["0,1", "2,3", "t0", "4,1", "5,6", "7,8", "9,10", "t2", "11,4"]);
    expect(report.polls).toBe(2);
  });

  test("asks for nothing where it shares no id with an earlier one", async () => {
    const api = stub((call) => (call.route === "update" ? accept(call) : inProgress()));
    const report = await api.client.update("vips", adds(1000), { window: 10, maxIdsPerRequest: 5 });
    expect(report).toMatchObject({ accepted: 1000, requests: 200, polls: 0 });
    expect(api.time.now()).toBeLessThan(205_000);
  });

  test("waits for an id of a window long before, however many lie between", async () => {
    const api = stub();
    const actions = [...adds(100), remove("1"), remove("97")];
    await api.client.update("vips", actions, { window: 2, maxIdsPerRequest: 1 });
    expect(api.calls.map(shape).slice(100)).toEqual(["t1", "t97", "1", "97"]);
  });

  test("asks for the oldest requests once more than a thousand are not known to be applied (G24)", async () => {
    const api = stub();
    const checkpoints: number[] = [];
    const report = await api.client.update("vips", adds(1100), {
      window: 10,
      maxIdsPerRequest: 1,
      onProgress: ({ checkpoint }) => checkpoints.push(checkpoint.indexingTokens?.length ?? 0),
    });
    expect(api.views.map(({ token }) => token)).toEqual(Array.from({ length: 90 }, (_, n) => `t${n}`));
    expect(Math.max(...checkpoints)).toBe(1010);
    expect(report.accepted).toBe(1100);
  });

  test("waits for a slow request of the one before, and for its token as well", async () => {
    const time = { done: 0 };
    const api = stub(async (call) => {
      if (call.route === "update" && call.before === 0) {
        await api.time.sleep(10_000);
        time.done = api.time.now();
      }
      return accept(call);
    }, quick);
    await api.client.update("vips", addsInTurn(4, 3), { window: 2, maxIdsPerRequest: 1 });
    expect(time.done).toBe(10_000);
    expect(api.calls.map(shape)).toEqual(["0", "1", "t0", "2", "0"]);
    expect(api.calls.slice(2).every(({ at }) => at >= 10_000)).toBe(true);
  });

  test("with betweenWindows: accepted starts after the last 202, and asks for nothing", async () => {
    const api = stub(async (call) => {
      await api.time.sleep(call.before === 0 ? 7000 : 10);
      return accept(call);
    }, quick);
    const saved: unknown[] = [];
    const report = await api.client.update("vips", addsInTurn(4, 3), {
      window: 2,
      maxIdsPerRequest: 1,
      betweenWindows: "accepted",
      onProgress: ({ checkpoint }) => void saved.push(checkpoint),
    });
    expect(api.calls.map(shape)).toEqual(["0", "1", "2", "0"]);
    // It waits for none of them, so a resumed run need not either.
    expect(saved).toEqual([{ records: 0 }, { records: 2 }, { records: 3 }, { records: 4 }]);
    expect(api.updates[2]!.at).toBe(7000);
    expect(report.polls).toBe(0);
  });

  test("does not let an older action of an id overtake a newer one", async () => {
    const state = new Map<string, string>();
    const open = new Map<string, Call>();
    // Indexes a request only when it is asked for the third time: whoever does not wait is overtaken.
    const looks = new Map<string, number>();
    const api = stub((call) => {
      if (call.route === "update") {
        open.set(`t${call.before}`, call);
        return accept(call);
      }
      const token = call.token!;
      looks.set(token, (looks.get(token) ?? 0) + 1);
      if (looks.get(token)! < 3) return inProgress();
      for (const { id, action } of open.get(token)?.actions ?? []) state.set(id, action);
      open.delete(token);
      return applied();
    }, quick);
    const actions = [add("a"), add("b"), remove("a"), add("c"), remove("b")];
    const report = await api.client.update("vips", actions, { window: 1 });
    await api.client.waitUntilApplied("vips", report.indexingTokens);
    expect(Object.fromEntries(state)).toEqual({ a: "remove", b: "remove", c: "add" });
  });

  test("that follows one without a token asks for the audience as a whole", async () => {
    const states = [inProgress(), json(200, { indexing_state: "IN_PROCESS" }), applied()];
    const api = stub((call) => {
      if (call.route === "view") return states.shift()!;
      return call.before === 0 ? json(202, {}) : accept(call);
    });
    await api.client.update("vips", [add("0")]);
    await api.client.update("vips", [remove("0")]);
    expect(api.calls.map(shape)).toEqual(["0", undefined, undefined, undefined, "0"]);
  });

  test.each<[what: string, answer: Answer, asked: (string | undefined)[]]>([
    ["a lost answer", cutOff, ["t1", undefined]],
    ["a 500", () => refusal(500), ["t1", undefined]],
    ["a 503 with Retry-After", () => refusal(503, "", { "Retry-After": "1" }), ["t1", undefined]],
    ["a 429, which was not carried out", () => refusal(429), ["t1"]],
  ])(
    "that follows %s and its repeat waits for the one that may have landed too (G2)",
    async (_what, answer, asked) => {
      const api = stub(firstAnswer(answer));
      await api.client.update("vips", [add("0")]);
      await api.client.update("vips", [remove("0")]);
      expect(api.views.map(({ token }) => token)).toEqual(asked);
      expect(api.calls.at(-1)!.route).toBe("update");
    },
  );

  test("that follows a token the API has forgotten goes on, once it cannot be new", async () => {
    const api = stub((call) => (call.route === "update" ? accept(call) : refusal(404)));
    const report = await api.client.update("vips", addsInTurn(4, 3), { window: 2 });
    expect(report.accepted).toBe(4);
    expect(api.updates[1]!.at).toBeGreaterThanOrEqual(30_000);
  });

  test("that follows a forgotten token of an update long ago does not wait for it", async () => {
    const api = stub((call) => (call.route === "update" ? accept(call) : refusal(404)));
    await api.client.update("vips", adds(1));
    await api.time.sleep(60_000);
    await api.client.update("vips", adds(1));
    expect(api.views[0]).toMatchObject({ at: 60_000, token: "t0" });
    // A last look at the audience as a whole costs one request more.
    expect(api.updates[1]!.at).toBeLessThan(63_000);
  });

  test("does not start when the one before fails, and the one that filled meanwhile comes back", async () => {
    const api = stub((call) => (call.before === 0 ? accept(call) : refusal(401)));
    const error = await rejection(
      api.client.update("vips", adds(10), { window: 3, maxIdsPerRequest: 1 }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(
      api.updates.flatMap(({ actions }) => actions.map(({ id }) => Number(id))).every((id) => id < 3),
    ).toBe(true);
    expect([...error.undelivered].slice(0, 5)).toEqual(adds(5, 1));
    expect(error.undelivered).toHaveLength(error.report.received - 1);
  });

  test("that waits too long ends the update with what is still open, and all in the caller's hands", async () => {
    const api = stub((call) => (call.route === "update" ? accept(call) : inProgress()));
    const error = await rejection(api.client.update("vips", addsInTurn(4, 3), { window: 2 }), UpdateError);
    expect(error.cause).toBeInstanceOf(NotAppliedError);
    expect(error.cause).toMatchObject({ tokens: ["t0"] });
    expect([...error.undelivered]).toEqual([add("2"), add("0")]);
    expect(error.report.checkpoint).toEqual({ records: 2, indexingTokens: ["t0"] });
    expect(api.time.now()).toBeGreaterThanOrEqual(900_000);
    expect(api.time.now()).toBeLessThan(1_000_000);
    expect(api.views.length).toBeLessThan(60);
  });

  test("fills while the one before is sent, and then stops reading", async () => {
    let read = 0;
    function* source() {
      for (; read < 100; read++) yield add(`${read}`);
    }
    const seen: number[] = [];
    const api = stub((call) => {
      if (call.route === "update") seen.push(read);
      return accept(call);
    });
    await api.client.update("vips", source(), { window: 10 });
    // One window on its way, one full, and the record that showed it was full.
    expect(seen.slice(0, 3)).toEqual([20, 30, 40]);
    expect(seen).toHaveLength(10);
  });
});

describe("updates of one audience", () => {
  test("run one after the other in call order, each after those with its ids are applied (G2)", async () => {
    const api = stub();
    const updates = [adds(2), adds(2, 1), adds(2, 20), adds(2)].map((actions) =>
      api.client.update("vips", actions, { maxIdsPerRequest: 1 }),
    );
    await Promise.all(updates);
    expect(api.calls.map(shape)).toEqual(["0", "1", "t1", "1", "2", "20", "21", "t0", "t2", "0", "1"]);
  });

  test("run in call order also when the first fails", async () => {
    const api = stub(firstAnswer(() => refusal(401)));
    const failing = rejection(api.client.update("vips", adds(1, 10)), UpdateError);
    const last = api.client.update("vips", adds(1, 20));
    const [error, report] = await Promise.all([failing, last]);
    expect([...error.undelivered]).toEqual(adds(1, 10));
    expect(report.accepted).toBe(1);
    expect(api.updates.map(shape)).toEqual(["10", "20"]);
  });

  test("run in call order also when one between is aborted before its turn", async () => {
    const api = stub(async (call) => {
      await api.time.sleep(5000);
      return accept(call);
    });
    const controller = new AbortController();
    const first = api.client.update("vips", adds(1));
    const aborted = rejection(
      api.client.update("vips", adds(1, 10), { signal: controller.signal }),
      UpdateError,
    );
    const last = api.client.update("vips", adds(1, 20));
    await api.time.sleep(1000);
    controller.abort(new Error("enough"));
    await Promise.all([first, aborted, last]);
    expect(api.updates.map(shape)).toEqual(["0", "20"]);
    expect(api.updates[1]!.at).toBeGreaterThanOrEqual(5000);
  });

  test("run in call order also when the first fails and leaves nothing pending", async () => {
    const api = stub(async (call) => {
      if (call.route === "update" && call.before === 0) return refusal(401);
      if (call.route === "update" && call.before === 1) await api.time.sleep(10_000);
      return accept(call);
    });
    const failing = rejection(api.client.update("vips", adds(1)), UpdateError);
    const second = api.client.update("vips", adds(1));
    await failing;
    await Promise.all([second, api.client.update("vips", adds(1))]);
    expect(api.updates[2]!.at).toBeGreaterThanOrEqual(10_000);
    expect(api.views.map(({ token }) => token)).toEqual(["t1"]);
  });

  test("after waitUntilApplied ask for nothing again", async () => {
    const api = stub();
    const { indexingTokens } = await api.client.update("vips", adds(1));
    await api.client.waitUntilApplied("vips", indexingTokens);
    await api.client.update("vips", adds(1));
    expect(api.calls.map(shape)).toEqual(["0", "t0", "0"]);
  });

  test("do not keep updates of other audiences waiting", async () => {
    const api = stub((call) => (call.audience === "vips" ? silence(call) : accept(call)), quick);
    const controller = new AbortController();
    const stuck = rejection(api.client.update("vips", adds(1), { signal: controller.signal }), UpdateError);
    const report = await api.client.update("news", adds(2), { maxIdsPerRequest: 1 });
    expect(report.accepted).toBe(2);
    expect(api.time.now()).toBe(0);
    controller.abort();
    await stuck;
  });
});

describe("with wait", () => {
  test("an update resolves once its last request is applied", async () => {
    const api = stub(
      (call) => (call.route === "view" && call.before < 2 ? inProgress() : accept(call)),
      quick,
    );
    const progress: number[] = [];
    const report = await api.client.update("vips", adds(2), {
      wait: true,
      maxIdsPerRequest: 1,
      onProgress: ({ polls }) => progress.push(polls),
    });
    expect(api.calls.map(shape)).toEqual(["0", "1", "t0", "t1", "t0", "t1"]);
    expect(report).toMatchObject({ accepted: 2, polls: 4, checkpoint: { records: 2 } });
    expect(report.checkpoint.indexingTokens).toBeUndefined();
    expect(progress.at(-1)).toBe(4);
  });

  test("also with betweenWindows: accepted, and after a 202 without a token", async () => {
    const api = stub((call) => (call.route === "update" ? json(202, {}) : accept(call)), quick);
    const options = { wait: true, betweenWindows: "accepted", window: 1 } as const;
    const report = await api.client.update("vips", adds(2), options);
    expect(api.calls.map(shape)).toEqual(["0", "1", undefined]);
    expect(report).toMatchObject({ accepted: 2, polls: 1 });
  });

  test("the checkpoint has the tokens until they are applied", async () => {
    const api = stub((call) => (call.route === "view" && call.before === 0 ? inProgress() : accept(call)));
    const saved: unknown[] = [];
    const onProgress = ({ checkpoint }: { checkpoint: unknown }) => void saved.push(checkpoint);
    const report = await api.client.update("vips", adds(1), { wait: true, onProgress });
    expect(saved).toEqual([
      { records: 1, indexingTokens: ["t0"] },
      { records: 1, indexingTokens: ["t0"] },
      { records: 1 },
    ]);
    expect(report.checkpoint).toEqual({ records: 1 });
  });

  test("an update that is not applied in time hands its report back, and nothing is undelivered", async () => {
    const api = stub((call) => (call.route === "view" ? inProgress() : accept(call)), quick);
    const options = { wait: true, indexingTimeoutMs: 5000 };
    const error = await rejection(api.client.update("vips", adds(2), options), UpdateError);
    expect(error.cause).toBeInstanceOf(NotAppliedError);
    expect(error.cause).toMatchObject({ tokens: ["t0"] });
    expect(error.report).toMatchObject({ accepted: 2, checkpoint: { indexingTokens: ["t0"] } });
    expect(error.undelivered).toHaveLength(0);
    expect(error.message).toContain("Every valid action that was read is accepted");
    expectBalance(error.report);
  });

  test("a dry run waits for nothing", async () => {
    const api = stub();
    await api.client.update("vips", adds(2), { wait: true, dryRun: true });
    expect(api.calls).toEqual([]);
  });
});
