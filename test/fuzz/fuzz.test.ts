import { describe, expect, it } from "vitest";
import { corpusOf, fuzz, TARGETS } from "./fuzzing.ts";

/** Divided by the cost of the target. `npm run fuzz` runs many more, and other ones each time. */
const INPUTS = 200;

describe.each(TARGETS)("$name", (target) => {
  it("ends every input in a result or an error of the package", async () => {
    const found = await fuzz(target, Math.ceil(INPUTS / (target.cost ?? 1)), 1);
    expect(found).toBeUndefined();
  });

  it.each(corpusOf(target))("ends %s as it must, which was once wrong", async (_, input) => {
    await expect(target.run(input)).resolves.toBeUndefined();
  });
});
