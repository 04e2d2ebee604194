import { describe, expect, test } from "vitest";
import { ApiError, AudienceExistsError, ConfigurationError } from "../../src/errors.ts";
import {
  type Answer,
  accept,
  add,
  type Call,
  cutOff,
  refusal,
  rejection,
  silence,
  stub,
} from "../support/scripted-api.ts";

const shape = ({ route, token }: Call) => (route === "view" ? `view ${token ?? "audience"}` : route);

/** These answers to one route, one after the other; to all others, and then, everything is accepted. */
const answers =
  (route: Call["route"], ...given: Answer[]): Answer =>
  (call) =>
    (call.route === route ? (given[call.before] ?? accept) : accept)(call);

describe("create", () => {
  test("sends the name, the type custom_ids and no display name, and gives the token", async () => {
    const api = stub();
    expect(await api.client.create("vips")).toEqual({ indexingToken: "create0" });
    expect(JSON.parse(api.of.create[0]!.body)).toEqual({ name: "vips", type: "custom_ids" });
    await api.client.create("mails", { type: "emails", displayName: "E-mails" });
    const body = { name: "mails", type: "emails", display_name: "E-mails" };
    expect(JSON.parse(api.of.create[1]!.body)).toEqual(body);
  });

  test.each([400, 409, 422])(
    "of an audience that exists says so, also where the API answers %i",
    async (status) => {
      const api = stub(answers("create", () => refusal(status, "no")));
      const error = await rejection(api.client.create("vips"), AudienceExistsError);
      expect(error).toMatchObject({ code: "AUDIENCE_EXISTS", audience: "vips", cause: { status } });
      expect(api.calls.map(shape)).toEqual(["create", "view audience"]);
    },
  );

  test("that is refused for another reason gives the refusal", async () => {
    const api = stub((call) => refusal(call.route === "view" ? 404 : 400, "bad type"));
    const error = await rejection(api.client.create("vips"), ApiError);
    expect(error).toMatchObject({ status: 400, errorMessage: "bad type" });
  });

  test.each([401, 403])("that meets a %i asks for nothing else", async (status) => {
    const api = stub(() => refusal(status));
    await rejection(api.client.create("vips"), ApiError);
    expect(api.calls).toHaveLength(1);
  });

  test.each<[what: string, answer: Answer]>([
    ["a lost answer", cutOff],
    ["a 500", () => refusal(500)],
    ["a timeout", silence],
  ])("looks the audience up after %s, and does not repeat what was carried out", async (_what, answer) => {
    const api = stub(answers("create", answer));
    expect(await api.client.create("vips")).toEqual({});
    expect(api.calls.map(shape)).toEqual(["create", "view audience"]);
  });

  test("repeats what was not carried out", async () => {
    const api = stub((call) => {
      if (call.route === "view") return refusal(404);
      return call.before === 0 ? refusal(503) : accept(call);
    });
    expect(await api.client.create("vips")).toEqual({ indexingToken: "create1" });
    expect(api.calls.map(shape)).toEqual(["create", "view audience", "create"]);
  });

  test("takes a refusal of its repeat for the attempt that was carried out later than the look", async () => {
    let looks = 0;
    const api = stub((call) => {
      if (call.route === "view") return ++looks === 1 ? refusal(404) : accept(call);
      return call.before === 0 ? refusal(503) : refusal(400, "it exists");
    });
    expect(await api.client.create("vips")).toEqual({});
  });

  test("rejects with the signal's reason if it is aborted while it looks", async () => {
    const controller = new AbortController();
    const api = stub((call) => {
      if (call.route !== "view") return refusal(409);
      controller.abort(new Error("enough"));
      return new Promise(() => {});
    });
    await expect(api.client.create("vips", { signal: controller.signal })).rejects.toThrow("enough");
  });

  test("gives up once the retries are used up", async () => {
    const api = stub((call) => refusal(call.route === "view" ? 404 : 500), { retry: { retries: 2 } });
    expect(await rejection(api.client.create("vips"), ApiError)).toMatchObject({ status: 500 });
    expect(api.of.create).toHaveLength(3);
  });

  test.each<[option: string, options: object]>([
    ["type", { type: "" }],
    ["type", { type: 5 }],
    ["displayName", { displayName: "" }],
    ["signal", { signal: 5 }],
    ["kind", { kind: "emails" }],
  ])("refuses a wrong %s before anything is sent", async (option, options) => {
    const api = stub();
    const error = await rejection(api.client.create("vips", options), ConfigurationError);
    expect([error.option, api.calls.length]).toEqual([option, 0]);
  });
});

describe("delete", () => {
  test("sends the name, and gives the token", async () => {
    const api = stub();
    expect(await api.client.delete("vips")).toEqual({ indexingToken: "remove0" });
    expect(JSON.parse(api.of.remove[0]!.body)).toEqual({ name: "vips" });
  });

  test.each([404, 400])("takes a %i for done where an attempt before it was lost", async (status) => {
    const api = stub(answers("remove", cutOff, () => refusal(status)));
    expect(await api.client.delete("vips")).toEqual({});
  });

  test("is not repeated where the audience has gone after an attempt that was lost", async () => {
    const removed = (call: Call) => call.route === "view" && call.before > 0;
    const api = stub((call) => {
      if (call.route === "remove") return cutOff();
      return removed(call) ? refusal(404) : accept(call);
    });
    expect(await api.client.delete("vips")).toEqual({});
    // Once whether it is applied, 10 s later, and once whether it is there.
    expect(api.calls.map(shape)).toEqual(["remove", "view audience", "view audience"]);
    expect(api.time.now()).toBeGreaterThanOrEqual(10_000);
  });

  test("is repeated where the audience is still there after an attempt that was lost", async () => {
    const api = stub(answers("remove", cutOff));
    expect(await api.client.delete("vips")).toEqual({ indexingToken: "remove1" });
    expect(api.calls.map(shape)).toEqual(["remove", "view audience", "view audience", "remove"]);
  });

  test.each([404, 400, 401])("gives a %i to the first attempt as the refusal that it is", async (status) => {
    const api = stub(answers("remove", () => refusal(status)));
    expect(await rejection(api.client.delete("vips"), ApiError)).toMatchObject({ status, attempts: 1 });
  });

  test("after a 429, which was not carried out, takes a 404 for what it is", async () => {
    const api = stub(
      answers(
        "remove",
        () => refusal(429),
        () => refusal(404),
      ),
    );
    expect(await rejection(api.client.delete("vips"), ApiError)).toMatchObject({ status: 404 });
  });
});

describe("writes to one audience", () => {
  test("run in the order of their calls, each after the one before is applied; reads do not wait", async () => {
    const api = stub(async (call) => {
      if (call.route === "create") await api.time.sleep(5000);
      return accept(call);
    });
    const created = api.client.create("vips");
    const updated = api.client.update("vips", [add("a")]);
    const deleted = api.client.delete("vips");
    const viewed = api.client.view("vips");
    await viewed;
    expect(api.time.now()).toBeLessThan(5000);
    await Promise.all([created, updated, deleted]);
    expect(api.calls.map(shape)).toEqual([
      "view audience",
      "create",
      "view create0",
      "update",
      "view t0",
      "remove",
    ]);
  });

  test("that fail do not stop the next one", async () => {
    const api = stub(answers("create", () => refusal(401)));
    const creating = rejection(api.client.create("vips"), ApiError);
    const report = await api.client.update("vips", [add("a")]);
    await creating;
    expect(report.accepted).toBe(1);
  });

  test.each(["create", "delete"] as const)("an abort of %s rejects with the reason", async (method) => {
    const api = stub(silence);
    const controller = new AbortController();
    const writing = rejection(api.client[method]("vips", { signal: controller.signal }), Error);
    await api.time.sleep(100);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await writing).toBe(reason);
  });
});
