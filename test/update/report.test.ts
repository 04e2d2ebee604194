import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { accept, adds, firstAnswer, json, stub } from "../support/scripted-api.ts";

test("holds the first 100 rejections, and counts all", async () => {
  const blank = { action: "add", id: "" } as AudienceAction;
  const actions = Array.from({ length: 150 }, () => blank);
  const report = await stub().client.update("vips", actions, { invalid: "skip" });
  expect(report.rejected).toBe(150);
  expect(report.rejections.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("has the tokens of the receipts, without those that gave none", async () => {
  const api = stub(firstAnswer(accept, () => json(202, {}), accept));
  const report = await api.client.update("vips", adds(3), { maxIdsPerRequest: 1 });
  expect(report.receipts.map(({ indexingToken }) => indexingToken)).toEqual(["t0", undefined, "t2"]);
  expect(report.indexingTokens).toEqual(["t0", "t2"]);
});
