export type { Refusal } from "./answers.ts";
export type { Attributes } from "./catalog.ts";
export { createFakeBatch, type FakeAudience, type FakeBatch } from "./fake-batch.ts";
export type {
  Counts,
  FakeBatchOptions,
  FakeQuirks,
  Refuse,
  RequestEntry,
  Span,
  Violation,
} from "./fake-options.ts";
export {
  type Breakage,
  evenly,
  FAULT_KINDS,
  type FaultKind,
  type FaultRates,
  PASSING_FAULTS,
  type Scripted,
} from "./faults.ts";
export type { Listening } from "./loopback.ts";
export { memorySnapshotStore } from "./memory-snapshot-store.ts";
export { createRandom, type Random } from "./random.ts";
export { type DeclareTest, snapshotStoreContract } from "./snapshot-store-contract.ts";
export type { Action, IndexingState } from "./state.ts";
export { type VirtualTime, virtualTime } from "./virtual-time.ts";
