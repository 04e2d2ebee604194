/** The base class of all errors of this package. `code` says which one it is, `cause` what lies below. */
export abstract class AudienceError extends Error {
  abstract readonly code: string;
}

/** An option, an audience's name or a source that cannot work. Thrown before any action is sent. */
export class ConfigurationError extends AudienceError {
  override readonly name = "ConfigurationError";
  readonly code = "CONFIGURATION";
  readonly option: string;
  readonly expected: string;
  /** What was given, in words. For a key only its type: a key is shown nowhere. */
  readonly given: string;

  constructor(option: string, expected: string, given: string, options?: ErrorOptions) {
    super(`Expected \`${option}\` to be ${expected}, got ${given}`, options);
    this.option = option;
    this.expected = expected;
    this.given = given;
  }
}

/** The API refused, or still failed after the last retry. */
export class ApiError extends AudienceError {
  override readonly name = "ApiError";
  readonly code = "API";
  /** HTTP status. */
  readonly status: number;
  /** The API's `error_code`, an opaque string. */
  declare readonly errorCode?: string;
  /** The API's `error_message`, cut to 500 characters. */
  declare readonly errorMessage?: string;
  /** How often the request was sent. */
  readonly attempts: number;
  /** What `Retry-After` asked for. */
  declare readonly retryAfterMs?: number;

  constructor(message: string, details: ApiErrorDetails) {
    super(message);
    this.status = details.status;
    if (details.errorCode !== undefined) this.errorCode = details.errorCode;
    if (details.errorMessage !== undefined) this.errorMessage = details.errorMessage;
    this.attempts = details.attempts;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }
}

export interface ApiErrorDetails {
  status: number;
  errorCode?: string | undefined;
  errorMessage?: string | undefined;
  attempts: number;
  retryAfterMs?: number | undefined;
}

/** No answer that could be read. The message says whether the API may have carried the request out. */
export class ConnectionError extends AudienceError {
  override readonly name = "ConnectionError";
  readonly code = "CONNECTION";
  readonly attempts: number;

  constructor(message: string, attempts: number, options?: ErrorOptions) {
    super(message, options);
    this.attempts = attempts;
  }
}

/** No answer within `timeoutMs`. Whether the API has carried the request out is not known. */
export class TimeoutError extends AudienceError {
  override readonly name = "TimeoutError";
  readonly code = "TIMEOUT";
  readonly attempts: number;

  constructor(message: string, attempts: number) {
    super(message);
    this.attempts = attempts;
  }
}

/** Nothing has changed for too long, and these tokens are still being indexed. No failure: wait again. */
export class NotAppliedError extends AudienceError {
  override readonly name = "NotAppliedError";
  readonly code = "NOT_APPLIED";
  readonly tokens: string[];
  /** The last state that the API gave for each of these tokens. Missing for a token if it gave none. */
  readonly states: Record<string, string>;

  /** `cause` is the last fault of a poll. */
  constructor(message: string, tokens: string[], states: Record<string, string>, options?: ErrorOptions) {
    super(message, options);
    this.tokens = tokens;
    this.states = states;
  }
}

/** `create` was refused, and there is an audience of that name. `cause` is the refusal. */
export class AudienceExistsError extends AudienceError {
  override readonly name = "AudienceExistsError";
  readonly code = "AUDIENCE_EXISTS";
  readonly audience: string;

  constructor(audience: string, options?: ErrorOptions) {
    super(
      `The audience ${audience} exists already: update it, replace its members, or choose another name.`,
      options,
    );
    this.audience = audience;
  }
}
