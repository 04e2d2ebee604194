export type {
  ActionIssue,
  AddAction,
  Attributes,
  AttributeValue,
  AudienceAction,
  AudienceMember,
  RemoveAction,
} from "./actions/action.ts";
export type { CreateOptions } from "./audiences/create.ts";
export type { ListOptions } from "./audiences/list.ts";
export type { ReplaceOptions } from "./audiences/replace.ts";
export type { ViewOptions } from "./audiences/view.ts";
export type { WriteOptions, WriteReceipt } from "./audiences/write.ts";
export { type AudienceClient, createAudienceClient } from "./client.ts";
export {
  ApiError,
  AudienceError,
  AudienceExistsError,
  ConfigurationError,
  ConnectionError,
  NotAppliedError,
  TimeoutError,
} from "./errors.ts";
export type { AppliedState } from "./indexing/indexing-state.ts";
export type { WaitOptions } from "./indexing/wait-for-tokens.ts";
export type { Poll } from "./indexing/wait-until-applied.ts";
export type { AudienceClientOptions, RetryPolicy } from "./options.ts";
export type { AudienceHttp, AudienceView } from "./transport/http.ts";
export type { Checkpoint, Counts, Receipt, UpdateProgress, UpdateReport, Warning } from "./update/report.ts";
export type { SpilledActions, UndeliveredActions } from "./update/undelivered.ts";
export { InvalidActionError, type Unfinished, UpdateError } from "./update/update-error.ts";
export type { UpdateOptions } from "./update/update-options.ts";
export type { Source } from "./window/source.ts";
export type { Spill } from "./window/spill.ts";
export type { SpilledPosition } from "./window/window-source.ts";
