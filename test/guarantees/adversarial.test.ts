import { describe, expect, it } from "vitest";
import { SETTINGS, trial } from "./trial.ts";
import { inProcess, onLoopback } from "./world.ts";

describe("several calls in many windows end in the oracle's state", () => {
  describe.each(Object.entries(SETTINGS))("with %s", (_, setting) => {
    it.each([1, 2])("in process, seed %i", async (seed) => {
      expect(await trial(seed, setting, inProcess, 150)).toEqual([]);
    });
  });

  // Together, since they mostly wait.
  it.concurrent.each(Object.entries(SETTINGS))("over real connections, with %s", async (_, setting) => {
    expect(await trial(4, setting, onLoopback, 40)).toEqual([]);
  });
});
