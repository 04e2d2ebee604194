import { expect, test } from "vitest";
import { Warnings } from "../../src/update/warnings.ts";

test("warnings are counted by reason, with the first five as samples", () => {
  const warnings = new Warnings();
  for (let index = 0; index < 1000; index++) {
    warnings.add("a semicolon", { index, id: `${index};`, path: "id" });
  }
  warnings.add("__proto__", { index: 1000, id: "a", path: "attributes.b" });
  warnings.add("busy");
  const samples = [0, 1, 2, 3, 4].map((index) => ({ index, id: `${index};`, path: "id" }));
  expect(warnings.list).toEqual([
    { reason: "a semicolon", count: 1000, samples },
    { reason: "__proto__", count: 1, samples: [{ index: 1000, id: "a", path: "attributes.b" }] },
    { reason: "busy", count: 1, samples: [] },
  ]);
});
