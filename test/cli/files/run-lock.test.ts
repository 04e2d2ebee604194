import { join } from "node:path";
import { describe } from "vitest";
import { RunLock } from "../../../src/cli/files/run-lock.ts";
import { testLock } from "../../support/lock-table.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

describe("a lock of a checkpoint", () => {
  testLock(() => {
    const checkpoint = join(temporaryFolder(), "run.json");
    return { path: `${checkpoint}.lock`, take: () => new RunLock(checkpoint) };
  });
});
