import { expect, test } from "vitest";
import { ReportLists } from "../../src/update/report-lists.ts";

test("warnings are counted by reason, with the first five as samples", () => {
  const lists = new ReportLists();
  for (let index = 0; index < 1000; index++) {
    lists.warn("a semicolon", { index, id: `${index};`, path: "id" });
  }
  lists.warn("__proto__", { index: 1000, id: "a", path: "attributes.b" });
  lists.warn("busy");
  const samples = [0, 1, 2, 3, 4].map((index) => ({ index, id: `${index};`, path: "id" }));
  expect(lists.all.warnings).toEqual([
    { reason: "a semicolon", count: 1000, samples },
    { reason: "__proto__", count: 1, samples: [{ index: 1000, id: "a", path: "attributes.b" }] },
    { reason: "busy", count: 1, samples: [] },
  ]);
});
