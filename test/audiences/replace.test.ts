import { describe, expect, test } from "vitest";
import type { AudienceMember } from "../../src/actions/action.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { disjointWindows } from "../../src/mirror/disjoint-windows.ts";
import type { Checkpoint } from "../../src/update/report.ts";
import { InvalidActionError, UpdateError } from "../../src/update/update-error.ts";
import {
  accept,
  add,
  type Call,
  cutOff,
  expectBalance,
  refusal,
  rejection,
  stub,
} from "../support/scripted-api.ts";

const members = (count: number): AudienceMember[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}` }));
const shape = ({ route, token, actions }: Call) =>
  route === "view" ? (token ?? "audience") : `${route} ${actions.map(({ id }) => id).join()}`;

describe("replace", () => {
  test("sends one replacement, waits until it is applied, and adds the others", async () => {
    const api = stub();
    const report = await api.client.replace("vips", members(5), { maxIdsPerRequest: 2 });
    expectBalance(report);
    expect(report).toMatchObject({ received: 5, accepted: 5, requests: 3, polls: 1 });
    expect(api.calls.map(shape)).toEqual(["replace 0,1", "replace0", "update 2,3", "update 4"]);
    expect(report.indexingTokens).toEqual(["replace0", "t0", "t1"]);
  });

  test("writes members without an action, and says how long the body was", async () => {
    const api = stub();
    const text = '{"action":"add","id":';
    const report = await api.client.replace("vips", [
      { id: "a", attributes: { city: text, joined: new Date(0) } },
      { id: text },
    ]);
    const { body } = api.of.replace[0]!;
    expect(JSON.parse(body)).toEqual({
      name: "vips",
      ids: [
        { id: "a", attributes: { city: text, "date(joined)": "1970-01-01T00:00:00.000Z" } },
        { id: text },
      ],
    });
    expect(report.receipts).toMatchObject([{ ids: 2, bytes: Buffer.byteLength(body) }]);
    expect(report.bytes).toBe(Buffer.byteLength(body));
  });

  test("takes 25,000 members in three requests, the last of each id", async () => {
    const api = stub();
    const source = [...members(25_000), { id: "7", attributes: { n: 1 } }];
    const report = await api.client.replace("vips", source);
    expect(report).toMatchObject({ received: 25_001, superseded: 1, accepted: 25_000, requests: 3 });
    expect(api.of.replace).toHaveLength(1);
    expect(api.of.replace[0]!.actions).toHaveLength(10_000);
    const last = api.calls.flatMap(({ actions }) => actions).filter(({ id }) => id === "7");
    expect(last).toEqual([{ action: "add", id: "7", attributes: { n: 1 } }]);
  });

  test("of several windows replaces by the first and adds the others", async () => {
    const api = stub();
    const source = [...members(3), { id: "0", attributes: { n: 2 } }];
    await api.client.replace("vips", source, { window: 2 });
    expect(api.calls.map(shape)).toEqual(["replace 0,1", "replace0", "update 2,0"]);
  });

  test("waits for earlier calls, and later calls wait for it", async () => {
    const api = stub();
    await api.client.update("vips", [add("x")]);
    await api.client.replace("vips", members(1));
    await api.client.update("vips", [add("y")]);
    expect(api.calls.map(shape)).toEqual(["update x", "t0", "replace 0", "replace0", "update y"]);
  });

  test("repeats a replacement whose answer was lost while no add is sent, and adds only after the doubt (G8)", async () => {
    const api = stub((call) => (call.route === "replace" && call.before === 0 ? cutOff() : accept(call)));
    const report = await api.client.replace("vips", members(3), { maxIdsPerRequest: 2 });
    expect(api.calls.map(shape)).toEqual(["replace 0,1", "replace 0,1", "replace1", "audience", "update 2"]);
    expect(api.of.update[0]!.at - api.of.replace[1]!.at).toBeGreaterThanOrEqual(9000);
    expect(report).toMatchObject({ accepted: 3, retries: 1 });
  });

  test("that fails sends no add, and hands everything back", async () => {
    const api = stub((call) => (call.route === "replace" ? refusal(401) : accept(call)));
    const error = await rejection(
      api.client.replace("vips", members(3), { maxIdsPerRequest: 2 }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(api.calls.map(shape)).toEqual(["replace 0,1"]);
    expect(Array.from(error.undelivered, ({ id }) => id)).toEqual(["0", "1", "2"]);
    expect(error.report.checkpoint).toEqual({ records: 0 });
  });

  test("with refused: isolate has one replacement that is accepted, and nothing beside it (G8)", async () => {
    let accepted = 0;
    const api = stub((call) => {
      if (call.route === "view") return accept(call);
      if (call.actions.some(({ id }) => Number(id) < 7)) return refusal(400, "bad");
      if (call.route === "replace") expect(++accepted).toBe(1);
      else expect(accepted).toBe(1);
      return accept(call);
    });
    const error = await rejection(
      api.client.replace("vips", members(40), { refused: "isolate" }),
      UpdateError,
    );
    expectBalance(error.report);
    expect(error.report).toMatchObject({ accepted: 33, failed: 7, unsent: 0 });
    expect(Array.from(error.undelivered, ({ id }) => Number(id)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("with refused: isolate ends after a sample if all is refused, and hands everything back", async () => {
    const api = stub((call) => (call.route === "replace" ? refusal(400, "bad") : accept(call)));
    const options = { refused: "isolate" } as const;
    const error = await rejection(api.client.replace("vips", members(40), options), UpdateError);
    expectBalance(error.report);
    expect(error.cause).toMatchObject({ status: 400, errorMessage: "bad" });
    expect(error.report).toMatchObject({ accepted: 0, failed: 25, unsent: 15 });
    expect(error.undelivered).toHaveLength(40);
  });

  test("with refused: isolate fails as the API says if each of a few members is refused", async () => {
    const api = stub((call) => (call.route === "replace" ? refusal(400, "bad") : accept(call)));
    const options = { refused: "isolate" } as const;
    const error = await rejection(api.client.replace("vips", members(3), options), UpdateError);
    expect(error.cause).toMatchObject({ status: 400, errorMessage: "bad" });
    expect(error.report).toMatchObject({ accepted: 0, failed: 3, unsent: 0 });
  });

  test("replaces once also where windows share no id and all of the first one is refused", async () => {
    const api = stub((call) => (/"id":"[01]"/.test(call.body) ? refusal(400) : accept(call)));
    const options = { window: 2, maxIdsPerRequest: 1, refused: "isolate", spill: disjointWindows } as const;
    const { report } = await rejection(api.client.replace("vips", members(6), options), UpdateError);
    expectBalance(report);
    expect(api.calls.map(shape)).toEqual([
      ...["replace 0", "replace 1", "replace 2", "replace2"],
      ...["update 3", "update 4", "update 5"],
    ]);
  });

  test("resumes after the replacement with adds alone, and before it with the replacement", async () => {
    const saved: Checkpoint[] = [];
    const api = stub((call) => (call.route === "update" ? refusal(401) : accept(call)));
    const cut = api.client.replace("vips", members(5), {
      maxIdsPerRequest: 2,
      onProgress: ({ checkpoint }) => saved.push(structuredClone(checkpoint)),
    });
    await rejection(cut, UpdateError);
    expect(saved[0]).toEqual({ records: 2, indexingTokens: ["replace0"], replaced: true });

    const next = stub();
    const report = await next.client.replace("vips", members(5), { resumeFrom: saved.at(-1) });
    expect(next.calls.map(shape)).toEqual(["audience", "update 2,3,4"]);
    expect(report).toMatchObject({ received: 3, accepted: 3 });
    const again = stub();
    await again.client.replace("vips", members(1), { resumeFrom: { records: 0 } });
    expect(again.calls.map(shape)).toEqual(["audience", "replace 0"]);
  });

  test("as a dry run sends nothing, and counts as a real one", async () => {
    const api = stub();
    const dry = await api.client.replace("vips", members(25_000), { dryRun: true });
    expect(api.calls).toHaveLength(0);
    const real = await api.client.replace("vips", members(25_000));
    expect([dry.requests, dry.bytes, dry.accepted]).toEqual([real.requests, real.bytes, real.accepted]);
  });
});

describe("an empty list", () => {
  test("is refused before anything is sent (G8)", async () => {
    const api = stub();
    const error = await rejection(api.client.replace("vips", []), ConfigurationError);
    expect(error.message).toBe(
      "Expected `members` to be at least one member; with `allowEmpty` an empty list is one, got none",
    );
    expect(api.calls).toHaveLength(0);
  });

  test("empties the audience with allowEmpty", async () => {
    const api = stub();
    const report = await api.client.replace("vips", [], { allowEmpty: true });
    expect(JSON.parse(api.of.replace[0]!.body)).toEqual({ name: "vips", ids: [] });
    expect(report).toMatchObject({ received: 0, accepted: 0, requests: 1, indexingTokens: ["replace0"] });
  });

  test("waits for what was sent before", async () => {
    const api = stub();
    await api.client.update("vips", [add("a")]);
    await api.client.replace("vips", [], { allowEmpty: true });
    expect(api.calls.map(shape)).toEqual(["update a", "t0", "replace "]);
  });

  test("that the API refuses is an error, also with refused: isolate", async () => {
    const api = stub((call) => (call.route === "replace" ? refusal(400, "ids is empty") : accept(call)));
    const error = await rejection(
      api.client.replace("vips", [], { allowEmpty: true, refused: "isolate" }),
      UpdateError,
    );
    expect(error.cause).toMatchObject({ errorMessage: "ids is empty" });
  });

  test("of invalid members alone is refused with allowEmpty too", async () => {
    const api = stub();
    const options = { allowEmpty: true, invalid: "skip" } as const;
    const error = await rejection(api.client.replace("vips", [{ id: "" }], options), UpdateError);
    expect(error.cause).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(
      "Expected `members` to be at least one member; with `allowEmpty` an empty list is one, got 1 records that are none",
    );
    expect(api.calls).toHaveLength(0);
  });
});

describe("a member", () => {
  test.each(["remove", "delete", 5])("with the action %j is refused", async (action) => {
    const api = stub();
    const source = [{ action, id: "a" }] as unknown as AudienceMember[];
    const error = await rejection(api.client.replace("vips", source), InvalidActionError);
    expect(error.issues).toMatchObject([{ index: 0, path: "action" }]);
    expect(error.issues[0]?.reason).toContain("a member is on the audience");
  });

  test("may be an add, as an earlier run hands it back", async () => {
    const api = stub();
    await api.client.replace("vips", [add("a")]);
    expect(JSON.parse(api.of.replace[0]!.body).ids).toEqual([{ id: "a" }]);
  });
});

test.each([
  ["betweenWindows", "accepted"],
  ["flushAfterMs", 1000],
])("%s is no option of replace", async (option, value) => {
  const replacing = stub().client.replace("vips", members(1), { [option]: value } as never);
  expect((await rejection(replacing, ConfigurationError)).option).toBe(option);
});
