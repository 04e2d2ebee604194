import { expect, it } from "vitest";
import { hashOfId, PARTITIONS, partitionOf } from "../../src/node/partitions.ts";

it("gives an id the same hash for ever: files of earlier versions depend on it", () => {
  const ids = ["", "a", "customer-1", "Zoë", "\u{1f600}", "x".repeat(1000)];
  expect(ids.map(hashOfId)).toEqual([2872998923, 444641715, 3902211816, 1137292642, 1787143206, 1841099346]);
  expect(ids.map(partitionOf)).toEqual(ids.map((id) => Math.floor(hashOfId(id) / 2 ** 22)));
});

it.each([
  ["numbers", (n: number) => `${n}`],
  ["padded numbers", (n: number) => `customer-${String(n).padStart(12, "0")}`],
  ["addresses", (n: number) => `first.last${n}@example.com`],
])("spreads %s evenly", (_, idOf) => {
  const each = 200;
  const sizes = new Float64Array(PARTITIONS);
  for (let n = 0; n < PARTITIONS * each; n++) sizes[partitionOf(idOf(n))]!++;
  // Six standard deviations of a random choice.
  const most = 6 * Math.sqrt(each);
  expect(Math.max(...sizes)).toBeLessThan(each + most);
  expect(Math.min(...sizes)).toBeGreaterThan(each - most);
});
