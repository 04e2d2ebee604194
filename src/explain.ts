import { type Answer, type ApiResponse, retryAfterMs } from "./decide.ts";
import { ApiError, type AudienceError, ConnectionError, TimeoutError } from "./errors.ts";

const LONGEST_MESSAGE = 500;

/** What the reader of an error should know of the request that ended in it. */
export interface Request {
  /** Like `POST /audiences/update`. */
  route: string;
  attempts: number;
  /** Of one attempt, in milliseconds. */
  timeoutMs: number;
  /** Milliseconds since 1970. */
  date: number;
  /** The REST key, which a server or a `fetch` may repeat. */
  secret: string;
}

/** The error that an answer is: what failed, why, and what to do next. */
export function explain(answer: Answer, request: Request): AudienceError {
  const { route, attempts, secret } = request;
  const tried = attempts === 1 ? "" : ` after ${attempts} attempts`;
  const doubt = "Whether it was carried out is not known; sending the same actions again does no harm.";
  switch (answer.kind) {
    case "timeout":
      return new TimeoutError(
        `No answer to ${route} within ${request.timeoutMs} ms${tried}. ${doubt}`,
        attempts,
      );
    case "lost": {
      const cause = withoutSecret(answer.cause, secret);
      const why = cause instanceof Error ? ` (${reasonOf(cause)})` : "";
      return new ConnectionError(`No readable answer to ${route}${tried}${why}. ${doubt}`, attempts, {
        cause,
      });
    }
    case "response": {
      const { error_code, error_message } = fields(answer.body);
      const errorCode = text(error_code, secret);
      const errorMessage = text(error_message, secret);
      const said = [errorCode, errorMessage && JSON.stringify(errorMessage)].filter(Boolean).join(" ");
      const advice = adviceFor(answer);
      return new ApiError(
        `Batch answered ${answer.status}${said && ` ${said}`} to ${route}${tried}.${advice && ` ${advice}`}`,
        {
          status: answer.status,
          errorCode,
          errorMessage,
          attempts,
          retryAfterMs: retryAfterMs(answer.retryAfter, request.date),
        },
      );
    }
  }
}

function adviceFor({ status }: ApiResponse): string {
  if (status === 401) return "Check that restKey belongs to the project of projectKey.";
  if (status === 403) return "Check what this key is allowed to do.";
  if (status === 404)
    return "Check the audience's name and that it was created, and baseUrl with its version.";
  if (status === 413) return "Lower maxBytesPerRequest.";
  if (status === 429)
    return "Other programs may share this project's rate: run them apart, or lower requestsPerSecond.";
  if (status >= 300 && status < 400)
    return "Redirects are not followed, they would carry the key away: correct baseUrl.";
  if (status >= 500) return "Try again later.";
  return "";
}

function fields(body: unknown): { error_code?: unknown; error_message?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}

/** Both are strings in the document, and were numbers on older pages. */
function text(value: unknown, secret: string): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const whole = String(value).replaceAll(secret, "[restKey]");
  return whole.length > LONGEST_MESSAGE ? `${whole.slice(0, LONGEST_MESSAGE)}…` : whole;
}

/** `fetch failed` says nothing, its cause does. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

/** The same error, or its name and message without the key where the key occurs in it or in what lies below. */
function withoutSecret(cause: unknown, secret: string): unknown {
  if (!occurs(secret, cause, new Set())) return cause;
  const clean = new Error(
    cause instanceof Error ? cause.message.replaceAll(secret, "[restKey]") : "[restKey]",
  );
  clean.name = cause instanceof Error ? cause.name.replaceAll(secret, "[restKey]") : clean.name;
  return clean;
}

function occurs(secret: string, value: unknown, seen: Set<object>): boolean {
  if (typeof value === "string") return value.includes(secret);
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  if (value instanceof Headers) return [...value.values()].some((held) => held.includes(secret));
  if (value instanceof Request) return occurs(secret, value.headers, seen);
  return Reflect.ownKeys(value).some((key) => {
    try {
      return occurs(secret, Reflect.get(value, key), seen);
    } catch {
      return false;
    }
  });
}
