export type {
  ActionIssue,
  AddAction,
  Attributes,
  AttributeValue,
  AudienceAction,
  RemoveAction,
} from "./actions/action.ts";
export { type AudienceClient, createAudienceClient, type ViewOptions, type WaitOptions } from "./client.ts";
export {
  ApiError,
  AudienceError,
  ConfigurationError,
  ConnectionError,
  InvalidActionError,
  NotAppliedError,
  TimeoutError,
  type Unfinished,
  UpdateError,
} from "./errors.ts";
export type { AppliedState, Poll } from "./indexing/wait-until-applied.ts";
export type { AudienceClientOptions, RetryPolicy } from "./options.ts";
export type { AudienceHttp, AudienceView } from "./transport/http.ts";
export type { Checkpoint, Counts, Receipt, UpdateProgress, UpdateReport, Warning } from "./update/report.ts";
export type { UpdateOptions } from "./update/update-options.ts";
export type { Source } from "./window/source.ts";
