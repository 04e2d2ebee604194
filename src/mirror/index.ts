export { mirror } from "./mirror.ts";
export { type Guard, MirrorGuardError, MirrorStateError } from "./mirror-errors.ts";
export type { MirrorOptions } from "./mirror-options.ts";
export type { MirrorReport } from "./mirror-report.ts";
export type { OpenedState, SnapshotStore } from "./snapshot-store.ts";
