import { describe, expect, test } from "vitest";
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
  firstAnswer,
  inProgress,
  json,
  refusal,
  rejection,
  remove,
  silence,
  stub,
} from "../support/scripted-api.ts";

const shape = ({ route, actions, token }: Call) =>
  route === "update" ? actions.map(({ id }) => id).join() : (token ?? "audience");

describe("what an earlier call left unapplied", () => {
  test("is waited for by the next call, also after one with betweenWindows: accepted", async () => {
    const api = stub();
    await api.client.update("vips", [add("a")]);
    await api.client.update("vips", [add("b")], { betweenWindows: "accepted" });
    await api.client.update("vips", [remove("a")]);
    await api.client.update("vips", [remove("b")]);
    expect(api.calls.map(shape)).toEqual(["a", "b", "t0", "a", "t1", "b"]);
  });

  test("is waited for by the next call, also when the resumed one is aborted before its turn", async () => {
    const api = stub(async (call) => {
      if (call.before === 0 && call.route === "update") await api.time.sleep(5000);
      return accept(call);
    });
    const controller = new AbortController();
    const first = api.client.update("vips", [add("a")]);
    const resumed = rejection(
      api.client.update("vips", [add("b")], {
        resumeFrom: { records: 0, indexingTokens: ["old"] },
        signal: controller.signal,
      }),
      UpdateError,
    );
    await api.time.sleep(100);
    controller.abort(new Error("enough"));
    await Promise.all([first, resumed]);
    await api.client.update("vips", [remove("a")]);
    expect(api.calls.map(shape)).toEqual(["a", "old", "t0", "audience", "a"]);
  });

  test("leaves the checkpoint as soon as it is applied", async () => {
    const api = stub();
    const tokens: (readonly string[] | undefined)[] = [];
    await api.client.update("vips", [...adds(4), remove("0"), remove("2")], {
      window: 3,
      maxIdsPerRequest: 1,
      onProgress: ({ checkpoint }) => tokens.push(checkpoint.indexingTokens),
    });
    expect(tokens.slice(2, 5)).toEqual([["t0", "t1", "t2"], ["t1", "t2"], ["t1"]]);
  });
});

describe("after a lost answer the audience as a whole", () => {
  const sameId = async (answer: Answer) => {
    const api = stub(answer);
    await api.client.update("vips", [add("a")]);
    const report = await api.client.update("vips", [remove("a")]);
    return { api, report };
  };

  test("is asked for after a time in which the request may still arrive", async () => {
    const { api } = await sameId(firstAnswer(cutOff));
    const [lost, repeated] = api.updates;
    const asked = api.views.find(({ token }) => token === undefined)!;
    expect(asked.at - lost!.at).toBeGreaterThanOrEqual(10_000);
    expect(asked.at - repeated!.at).toBeGreaterThanOrEqual(9000);
  });

  test("is not asked for where no id of the next window was in doubt", async () => {
    const api = stub(firstAnswer(cutOff));
    await api.client.update("vips", [add("a")]);
    await api.client.update("vips", [remove("b")]);
    expect(api.calls.map(shape)).toEqual(["a", "a", "b"]);
    expect(api.time.now()).toBeLessThan(5000);
    await api.client.update("vips", [remove("a")]);
    expect(api.calls.map(shape).slice(3)).toEqual(["t1", "audience", "a"]);
  });

  test("is not asked for where nothing was sent, since there was no connection", async () => {
    let isDown = true;
    const unreachable = Object.assign(new TypeError("fetch failed"), { code: "ECONNREFUSED" });
    const api = stub((call) => (isDown ? Promise.reject(unreachable) : accept(call)), {
      retry: { retries: 0 },
    });
    await rejection(api.client.update("vips", [add("a")]), UpdateError);
    isDown = false;
    await api.client.update("vips", [add("a")]);
    expect(api.calls.map(shape)).toEqual(["a", "a"]);
  });

  test.each(["PENDING", "QUEUED", "FAILED"])("is not taken for applied while it says %s", async (state) => {
    let looks = 0;
    const { api, report } = await sameId((call) => {
      if (call.route === "update") return call.before === 0 ? json(202, {}) : accept(call);
      return ++looks < 4 ? json(200, { indexing_state: state }) : applied();
    });
    expect(api.views).toHaveLength(4);
    expect(report.warnings).toEqual([]);
  });

  test("is waited for at most a minute, since another program may keep it busy: then with a warning (G22)", async () => {
    const { api, report } = await sameId((call) => {
      if (call.route === "view") return call.token === undefined ? inProgress() : applied();
      return call.before === 0 ? json(202, {}) : accept(call);
    });
    expect(report.accepted).toBe(1);
    expect(report.warnings).toMatchObject([{ count: 1, samples: [] }]);
    expect(report.warnings[0]?.reason).toMatch(/busy after 60000 ms.*could undo a later action/);
    const waited = api.updates[1]!.at - api.updates[0]!.at;
    expect(waited).toBeGreaterThanOrEqual(60_000);
    expect(waited).toBeLessThan(120_000);
  });

  test("has that time for itself, however long its tokens took", async () => {
    let looks = 0;
    const api = stub((call) => {
      if (call.route === "update") return accept(call);
      if (call.token !== undefined) return call.at < 200_000 ? inProgress() : refusal(404);
      return ++looks === 1 ? inProgress() : applied();
    });
    const report = await api.client.update("vips", addsInTurn(4, 3), { window: 2 });
    expect(looks).toBe(2);
    expect(report.warnings).toEqual([]);
  });

  test("is waited for as long as busyTimeoutMs says", async () => {
    const api = stub((call) => {
      if (call.route === "view") return inProgress();
      return call.before === 0 ? json(202, {}) : accept(call);
    });
    await api.client.update("vips", [add("a")]);
    await api.client.update("vips", [remove("a")], { busyTimeoutMs: 0 });
    expect(api.views).toHaveLength(1);
  });
});

describe("waiting for the window before", () => {
  test("has no limit while tokens are applied, however many there are (G22)", async () => {
    const api = stub();
    const options = { window: 1000, maxIdsPerRequest: 1 };
    const report = await api.client.update("vips", addsInTurn(2000, 1001), options);
    // All of them: the id that does not come again has the same part of its window as others that do.
    expect(report).toMatchObject({ accepted: 2000, polls: 1000 });
    expect(api.time.now()).toBeGreaterThan(2_000_000);
  });

  test("has no limit while others use the rate", async () => {
    const api = stub();
    const calls = Array.from({ length: 10 }, (_, i) =>
      api.client.update(`a${i}`, addsInTurn(200, 101), { window: 100, maxIdsPerRequest: 1 }),
    );
    const reports = await Promise.all(calls);
    expect(reports.every(({ accepted, polls }) => accepted === 200 && polls === 99)).toBe(true);
  });

  test("works at one request in ten seconds", async () => {
    const api = stub(accept, { requestsPerSecond: 0.1 });
    const report = await api.client.update("vips", addsInTurn(300, 151), {
      window: 150,
      maxIdsPerRequest: 1,
    });
    expect(report).toMatchObject({ accepted: 300, polls: 149 });
  });

  test("ends once nothing has moved for indexingTimeoutMs, with what the API said last (G22)", async () => {
    const api = stub((call) =>
      call.route === "update" ? accept(call) : json(200, { indexing_state: "FAILED" }),
    );
    const error = await rejection(
      api.client.update("vips", addsInTurn(4, 3), { window: 2, indexingTimeoutMs: 30_000 }),
      UpdateError,
    );
    expect(error.cause).toMatchObject({ code: "NOT_APPLIED", states: { t0: "FAILED" } });
    expect(error.message).toContain("1 FAILED");
    expect(api.time.now()).toBeLessThan(40_000);
  });

  test("ends with the fault that keeps the API from answering", async () => {
    const api = stub((call) => (call.route === "update" ? accept(call) : refusal(500, "database is down")));
    const error = await rejection(
      api.client.update("vips", addsInTurn(4, 3), { window: 2, indexingTimeoutMs: 30_000 }),
      UpdateError,
    );
    expect(error.message).toContain('500 CODE "database is down"');
    expect(error.cause).toMatchObject({ code: "NOT_APPLIED", cause: { code: "API", status: 500 } });
  });

  test("calls onProgress after each look", async () => {
    let looks = 0;
    const polls: number[] = [];
    const api = stub((call) => {
      if (call.route === "update") return accept(call);
      return ++looks < 5 ? inProgress() : applied();
    });
    await api.client.update("vips", addsInTurn(4, 3), {
      window: 2,
      onProgress: (progress) => polls.push(progress.polls),
    });
    expect(polls).toEqual([0, 1, 2, 3, 4, 5, 5]);
  });
});

test("a request that was cut off by an abort leaves a doubt for the next call", async () => {
  const api = stub((call) => (call.route === "update" && call.before === 0 ? silence(call) : accept(call)));
  const controller = new AbortController();
  const aborted = rejection(
    api.client.update("vips", [add("a")], { signal: controller.signal }),
    UpdateError,
  );
  await api.time.sleep(100);
  controller.abort(new Error("enough"));
  await aborted;
  await api.client.update("vips", [remove("a")]);
  expect(api.calls.map(shape)).toEqual(["a", "audience", "a"]);
  expect(api.updates[1]!.at).toBeGreaterThanOrEqual(10_000);
});

test("a token that the API has forgotten leaves a doubt, also when the wait for the audience is aborted", async () => {
  let isBusy = true;
  const api = stub((call) => {
    if (call.route === "update") return accept(call);
    if (call.token !== undefined) return refusal(404);
    return isBusy ? inProgress() : applied();
  });
  await api.client.update("vips", [add("a")]);
  const controller = new AbortController();
  const second = rejection(
    api.client.update("vips", [remove("a")], { signal: controller.signal }),
    UpdateError,
  );
  while (!api.views.some(({ token }) => token === undefined)) await api.time.sleep(1000);
  controller.abort(new Error("enough"));
  await second;
  isBusy = false;
  await api.client.update("vips", [remove("a")]);
  expect(api.calls.map(shape).slice(-2)).toEqual(["audience", "a"]);
  expect(api.updates).toHaveLength(2);
});
