import { expect, it } from "vitest";
import { twice } from "./simulate.ts";

it("programs of all kinds, killed and stopped, end as they must, and in the same way when they are run again", {
  timeout: 600_000,
}, async () => {
  const found: Record<number, string[]> = {};
  for (let seed = 1; seed <= 200; seed++) {
    const { wrong } = await twice(seed);
    if (wrong.length > 0) found[seed] = wrong;
  }
  // Run one again with: npm run soak -- --seeds 1 --from <seed>
  expect(found).toEqual({});
});
