import { describe, expect, test } from "vitest";
import { UpdateError } from "../../src/update/update-error.ts";
import {
  accept,
  add,
  adds,
  applied,
  type Call,
  refusal,
  rejection,
  remove,
  stub,
} from "../support/scripted-api.ts";

const shape = ({ route, actions, token }: Call) =>
  route === "update" ? actions.map(({ id }) => id).join() : token;

describe("resumeFrom", () => {
  test("skips the settled records, and waits for the checkpoint's tokens before it sends", async () => {
    const api = stub();
    const report = await api.client.update("vips", adds(10), {
      resumeFrom: { records: 7, indexingTokens: ["old"] },
    });
    expect(api.calls.map(shape)).toEqual(["old", undefined, "7,8,9"]);
    expect(report).toMatchObject({ received: 3, accepted: 3, checkpoint: { records: 10 } });
  });

  test("counts records from the beginning of the source", async () => {
    const api = stub();
    const report = await api.client.update("vips", [...adds(3), add("x"), add(" y")], {
      resumeFrom: { records: 3 },
    });
    expect(report.warnings[0]!.samples).toEqual([{ index: 4, id: " y", path: "id" }]);
  });

  test("with a token so new that the API does not know it yet waits for it", async () => {
    const api = stub((call) => {
      if (call.route === "update") return accept(call);
      return call.at < 20_000 && call.token === "new" ? refusal(404) : applied();
    });
    await api.client.update("vips", adds(2), { resumeFrom: { records: 1, indexingTokens: ["new"] } });
    expect(api.updates[0]!.at).toBeGreaterThanOrEqual(20_000);
  });

  test("past the end of the source is refused, and nothing is sent", async () => {
    const api = stub();
    await expect(api.client.update("vips", adds(3), { resumeFrom: { records: 4 } })).rejects.toMatchObject({
      code: "CONFIGURATION",
      option: "resumeFrom.records",
      given: "4",
    });
    expect(api.updates).toHaveLength(0);
  });

  test("at the end of the source sends nothing", async () => {
    const api = stub();
    const report = await api.client.update("vips", adds(3), { resumeFrom: { records: 3 } });
    expect(report).toMatchObject({ received: 0, requests: 0, checkpoint: { records: 3 } });
    expect(api.updates).toHaveLength(0);
  });

  test("from any checkpoint ends in the state of one faultless run", async () => {
    const actions = Array.from({ length: 60 }, (_, i) => (i % 4 === 0 ? remove : add)(`${(i * 5) % 17}`));
    const options = { window: 6, maxIdsPerRequest: 2 };
    const state = (calls: Call[]) => {
      const last = new Map(calls.flatMap((call) => call.actions.map(({ id, action }) => [id, action])));
      return Object.fromEntries([...last].sort());
    };
    const expected = Object.fromEntries([...new Map(actions.map(({ id, action }) => [id, action]))].sort());
    const checkpoints: { records: number }[] = [];
    const whole = stub();
    const sentAt: number[] = [];
    await whole.client.update("vips", actions, {
      ...options,
      onProgress: ({ checkpoint }) => {
        checkpoints.push(JSON.parse(JSON.stringify(checkpoint)));
        sentAt.push(whole.updates.length);
      },
    });
    expect(state(whole.updates)).toEqual(expected);
    expect(checkpoints.length).toBeGreaterThan(10);
    for (const [i, resumeFrom] of checkpoints.entries()) {
      const resumed = stub();
      await resumed.client.update("vips", actions, { ...options, resumeFrom });
      expect(state([...whole.updates.slice(0, sentAt[i]), ...resumed.updates])).toEqual(expected);
    }
    const records = checkpoints.map((checkpoint) => checkpoint.records);
    expect(records).toEqual([...records].sort((a, b) => a - b));
    expect(records.at(-1)).toBe(60);
  });
});

test("a dry run hands the checkpoint on as it was, since it has settled nothing", async () => {
  const resumeFrom = { records: 1, indexingTokens: ["old"], refused: [add("z")] };
  const resumed = stub().client.update("vips", adds(2), { dryRun: true, resumeFrom });
  expect((await rejection(resumed, UpdateError)).report.checkpoint).toEqual(resumeFrom);
});
