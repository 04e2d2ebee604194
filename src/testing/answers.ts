// The answers that the API gives, each as a value.

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

/** A record that an accepted request names as not applied. */
export interface RecordError {
  /** The record's position in the request. */
  bulk_index: number;
  reason: string;
}

/** An answer that an option of the fake chooses. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

/** What is known of an audience; the answer leaves out what is undefined. */
export interface AudienceState {
  name: string;
  displayName: string | undefined;
  type: string;
  ids: number;
  indexingState: string;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const HTML_TYPE = { "Content-Type": "text/html; charset=utf-8" };

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

/** The page of a proxy or a load balancer, which knows nothing of the API. */
export function html(status: number): Answer {
  return {
    status,
    headers: HTML_TYPE,
    body: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
  };
}

export function refusal(status: number, code: string, message: string): Answer {
  return json(status, { error_code: code, error_message: message });
}

export const accepted = (token: string): Answer => json(202, { indexing_token: token });
export const malformed = (message: string): Answer => refusal(400, "MISSING_PARAMETER", message);
export const unauthorized = refusal(401, "AUTHENTICATION_INVALID", "The REST API key is not valid");
export const noSuchRoute = refusal(404, "ROUTE_NOT_FOUND", "There is no such route");
export const noSuchToken = refusal(404, "TOKEN_NOT_FOUND", "There is no such indexing token");
export const tooLarge = refusal(413, "PAYLOAD_TOO_LARGE", "The body is too large");

/** Accepted but for some of its records. */
export function partlyAccepted(token: string, errors: readonly RecordError[]): Answer {
  return json(202, { code: "SUCCESS_WITH_PARTIAL_ERRORS", errors, indexing_token: token });
}

export function audience(state: AudienceState): Answer {
  return json(200, shown(state));
}

/** `next` is where the next page begins; there is one when it is given. */
export function page(audiences: readonly AudienceState[], next?: string, count?: number): Answer {
  return json(200, {
    audiences: audiences.map(shown),
    count,
    has_more: next !== undefined,
    next_from: next,
  });
}

function shown({ name, displayName, type, ids, indexingState }: AudienceState) {
  return {
    name,
    display_name: displayName,
    type,
    nb_ids: ids,
    indexing_state: indexingState,
    created: "2026-01-01T00:00:00Z",
    updated: "2026-01-01T00:00:00Z",
  };
}

export function tooManyRequests(retryAfter?: string): Answer {
  return withRetryAfter(refusal(429, "TOO_MANY_REQUESTS", "Wait a few seconds and try again"), retryAfter);
}

export function maintenance(retryAfter?: string): Answer {
  return withRetryAfter(refusal(503, "MAINTENANCE_ERROR", "The service is under maintenance"), retryAfter);
}

/** What the API says with a status that is no success. */
export function failure(status: number): Answer {
  switch (status) {
    case 401:
      return unauthorized;
    case 413:
      return tooLarge;
    case 429:
      return tooManyRequests();
    case 503:
      return maintenance();
    default:
      return refusal(status, status < 500 ? "API_MISUSE" : "SERVER_ERROR", "The request was not carried out");
  }
}

export function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}

/** The 202 without its token; any other answer as it is. */
export function withoutToken(answer: Answer): Answer {
  if (answer.status !== 202) return answer;
  const { indexing_token: _, ...rest } = JSON.parse(answer.body) as { indexing_token?: string };
  return { ...answer, body: JSON.stringify(rest) };
}

/** A refusal whose message repeats what the request was authorized with; any other answer as it is. */
export function withEcho(answer: Answer, authorization: string): Answer {
  if (answer.status < 400) return answer;
  const message = `The request with Authorization: ${authorization} was refused`;
  return { ...refusal(answer.status, "REFUSED", message), headers: { ...answer.headers, ...JSON_TYPE } };
}

function withRetryAfter(answer: Answer, retryAfter: string | undefined): Answer {
  return retryAfter === undefined ? answer : withHeader(answer, "Retry-After", retryAfter);
}
