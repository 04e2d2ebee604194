import { describe, expect, it } from "vitest";
import { createRandom } from "../support/random.ts";
import { growthOf } from "./growth.ts";

const ALLOWED = { share: 0.1, amount: 2 };
const samples = (valueAt: (at: number) => number) => Array.from({ length: 300 }, (_, at) => valueAt(at));
const hasGrown = (valueAt: (at: number) => number) => growthOf(samples(valueAt), ALLOWED).hasGrown;

describe("has grown", () => {
  it("if it grows steadily", () => {
    expect(hasGrown((at) => 100 + at / 10)).toBe(true);
  });

  it("if it grows steadily below much noise", () => {
    const random = createRandom(1);
    expect(hasGrown((at) => 100 + at / 5 + 50 * random())).toBe(true);
  });

  it("if a step comes late and stays", () => {
    expect(hasGrown((at) => (at < 190 ? 100 : 120))).toBe(true);
  });

  it("if it begins at nothing", () => {
    expect(hasGrown((at) => at / 20)).toBe(true);
  });
});

describe("is flat", () => {
  it("if it only varies", () => {
    const random = createRandom(1);
    expect(hasGrown(() => 100 + 50 * random())).toBe(false);
  });

  it("if it is high for a while, as while a long input is sent", () => {
    expect(hasGrown((at) => (at > 220 && at < 260 ? 1000 : 100))).toBe(false);
  });

  it("if it falls", () => {
    expect(hasGrown((at) => 100 - at / 10)).toBe(false);
  });
});

it("compares the last third with the first, after a tenth that it leaves out", () => {
  const { first, last } = growthOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ALLOWED);
  expect([first, last]).toEqual([2, 8]);
});

it("allows a share and an amount, and not more", () => {
  const grown = (last: number) =>
    growthOf([100, 100, 100, 100, last, last, last], { share: 0.25, amount: 2 });
  expect(grown(127)).toEqual({ first: 100, last: 127, most: 127, hasGrown: false });
  expect(grown(128).hasGrown).toBe(true);
});

it("refuses samples that have no thirds", () => {
  expect(() => growthOf([1, 2, 3], ALLOWED)).toThrow("at least 4 samples");
});
