export type {
  ActionIssue,
  AddAction,
  Attributes,
  AttributeValue,
  AudienceAction,
  RemoveAction,
} from "./action.ts";
export { type AudienceClient, createAudienceClient, type ViewOptions, type WaitOptions } from "./client.ts";
export type { AudienceClientOptions, RetryPolicy } from "./config.ts";
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
export type { AudienceHttp, AudienceView } from "./http.ts";
export type { UpdateOptions } from "./options.ts";
export type { Checkpoint, Counts, Receipt, UpdateProgress, UpdateReport, Warning } from "./report.ts";
export type { Source } from "./source.ts";
export type { AppliedState, Poll } from "./wait.ts";
