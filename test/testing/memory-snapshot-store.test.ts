import { describe, it } from "vitest";
import { memorySnapshotStore } from "../../src/testing/memory-snapshot-store.ts";
import { snapshotStoreContract } from "../../src/testing/snapshot-store-contract.ts";

describe("the store in memory", () => {
  snapshotStoreContract(it, (before) => before ?? memorySnapshotStore());
});
