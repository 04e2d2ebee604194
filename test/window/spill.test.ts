import { expect, test } from "vitest";
import { partitionAt, placeOf, recordAt } from "../../src/window/spill.ts";

test("a place names a partition and a record in it, as one number", () => {
  const places = [
    [0, 0],
    [0, 7],
    [1, 0],
    [1023, 2 ** 43 - 1],
  ] as const;
  for (const [partition, record] of places) {
    const place = placeOf(partition, record);
    expect([Number.isSafeInteger(place), partitionAt(place), recordAt(place)]).toEqual([
      true,
      partition,
      record,
    ]);
  }
});
