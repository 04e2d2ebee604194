import { expect, test } from "vitest";
import { Refusals } from "../../src/update/refusals.ts";
import { add } from "../support/actions.ts";

const error = new Error("refused");

test("what an earlier run has left is why a run fails, unless a record of its own is refused", () => {
  expect(new Refusals([]).lastError).toBeUndefined();
  const refusals = new Refusals([add("a")]);
  expect(refusals.lastError?.message).toBe(
    "The API refused some records in an earlier run, and this run read no later action for them. " +
      "Correct them, or remove `refused` from the checkpoint.",
  );
  refusals.add(add("b"), error, false);
  expect(refusals.lastError).toBe(error);
  expect([refusals.size, refusals.failed, refusals.refused]).toEqual([2, 1, 1]);
});

test("halves are sent one at a time once a chunk was split, until something is accepted", () => {
  const refusals = new Refusals([]);
  expect(refusals.isOneByOne(0)).toBe(false);
  refusals.noteSplit();
  expect([refusals.isOneByOne(0), refusals.isOneByOne(1)]).toEqual([true, false]);
});

test("all is suspected after five refusals, as long as nothing is accepted", () => {
  const refusals = new Refusals([]);
  for (let n = 0; n < 4; n++) refusals.add(add(`${n}`), error, n === 0);
  expect(refusals.suspectAll(0)).toBe(false);
  refusals.add(add("4"), error, false);
  expect([refusals.suspectAll(0), refusals.suspectAll(1)]).toEqual([true, false]);
});
