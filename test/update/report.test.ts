import { expect, test } from "vitest";
import { Ledger } from "../../src/update/report.ts";

test("the first 100 rejections are kept", () => {
  const ledger = new Ledger();
  for (let index = 0; index < 150; index++) ledger.reject({ index, path: "id", reason: "no" });
  expect(ledger.lists.rejections.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("warnings are counted by reason, with the first five as samples", () => {
  const ledger = new Ledger();
  for (let index = 0; index < 1000; index++) ledger.warn("a semicolon", index, `${index};`, "id");
  ledger.warn("__proto__", 1000, "a", "attributes.b");
  const samples = [0, 1, 2, 3, 4].map((index) => ({ index, id: `${index};`, path: "id" }));
  expect(ledger.lists.warnings).toEqual([
    { reason: "a semicolon", count: 1000, samples },
    { reason: "__proto__", count: 1, samples: [{ index: 1000, id: "a", path: "attributes.b" }] },
  ]);
});

test("the tokens are those of the receipts, without those that gave none", () => {
  const ledger = new Ledger();
  const receipt = { ids: 1, bytes: 10, attempts: 1 };
  ledger.receipts.push({ ...receipt, indexingToken: "a" }, receipt, { ...receipt, indexingToken: "b" });
  expect(ledger.lists.indexingTokens).toEqual(["a", "b"]);
});
