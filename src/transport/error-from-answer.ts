import { ApiError, type AudienceError, ConnectionError, TimeoutError } from "../errors.ts";
import type { Answer, ApiResponse } from "./answer.ts";
import { connectionFault, MAX_CAUSES } from "./connection-fault.ts";
import { redact } from "./redact.ts";

const MAX_MESSAGE = 500;
const DOUBT = "Whether it was carried out is not known; sending the same actions again does no harm.";

/** What an error says about its request. */
export interface Request {
  /** Like `POST /audiences/update`. */
  route: string;
  attempts: number;
  /** Of one attempt, in milliseconds. */
  timeoutMs: number;
  /** Whether the API may have carried out one of the attempts. */
  inDoubt: boolean;
  /** The REST key, which a server or a `fetch` may repeat. */
  secret: string;
}

/** Makes an error of an answer: what failed, why, and what to do next. */
export function errorFromAnswer(answer: Answer, request: Request): AudienceError {
  const { route, attempts, secret } = request;
  const tried = attempts === 1 ? "" : ` after ${attempts} attempts`;
  switch (answer.kind) {
    case "timeout":
      return new TimeoutError(
        `No answer to ${route} within ${request.timeoutMs} ms${tried}. ${DOUBT}`,
        attempts,
      );
    case "lost": {
      const cause = withoutSecret(answer.cause, secret);
      const why = cause instanceof Error ? ` (${reasonOf(cause)})` : "";
      const message = lostMessage(answer.cause, `${route}${tried}${why}`, request.inDoubt);
      return new ConnectionError(message, attempts, { cause });
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
          retryAfterMs: answer.retryAfterMs,
        },
      );
    }
  }
}

function lostMessage(cause: unknown, what: string, inDoubt: boolean): string {
  const sent = inDoubt ? `An earlier attempt had no readable answer. ${DOUBT}` : "Nothing was sent.";
  switch (connectionFault(cause)) {
    case "unreachable":
      return `No connection for ${what}. ${sent} Check the network, and the host of baseUrl.`;
    case "unknown host":
      return `No connection for ${what}: there is no host of that name. ${sent} Correct the host of baseUrl, or check the network.`;
    case "untrusted":
      return `No trusted connection for ${what}. ${sent} Check the host of baseUrl and the clock of this machine. Behind a proxy that decrypts TLS, set NODE_EXTRA_CA_CERTS to its certificate.`;
    default:
      return `No readable answer to ${what}. ${DOUBT}`;
  }
}

function adviceFor({ status }: ApiResponse): string {
  if (status === 401) return "Check that restKey belongs to the project of projectKey.";
  if (status === 403) return "Check what this key is allowed to do.";
  if (status === 404)
    return "Check the audience's name and that it was created, and baseUrl with its version.";
  if (status === 413) return "Lower maxBytesPerRequest.";
  if (status === 429)
    return "Other programs may use this project's rate. Run them at other times, or lower requestsPerSecond.";
  if (status >= 300 && status < 400)
    return "Redirects are not followed: they would send the key to another server. Correct baseUrl.";
  if (status >= 500) return "Try again later.";
  return "";
}

function fields(body: unknown): { error_code?: unknown; error_message?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}

/** Both are strings in the document, and were numbers on older pages. */
function text(value: unknown, secret: string): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const whole = redact(String(value), secret);
  return whole.length > MAX_MESSAGE ? `${whole.slice(0, MAX_MESSAGE)}…` : whole;
}

/** The message `fetch failed` says nothing. The innermost cause does. */
function reasonOf(error: Error): string {
  let bottom = error;
  for (let depth = 0; depth < MAX_CAUSES && bottom.cause instanceof Error; depth++) bottom = bottom.cause;
  // `C0B2…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/….c:354:`
  const openSsl = /:error:\w+:[^:]*:[^:]*:([^:]+):/.exec(bottom.message)?.[1];
  if (openSsl !== undefined) return `TLS: ${openSsl}`;
  return bottom.message || ("code" in bottom ? String(bottom.code) : bottom.name);
}

/** The error itself or, if anything in it might show the key, a new one with its name and message without the key. */
export function withoutSecret(cause: unknown, secret: string): unknown {
  if (isHarmless(cause, secret, new Set())) return cause;
  try {
    const { name, message } =
      cause instanceof Error ? cause : new Error("fetch threw something that is not an Error");
    const clean = new Error(redact(message, secret));
    clean.name = redact(name, secret);
    return clean;
  } catch {
    return new Error("fetch threw an error that cannot be read");
  }
}

/** Methods by which an object decides what it is printed as. */
const PRINTERS = ["toJSON", Symbol.for("nodejs.util.inspect.custom")];

/** True for errors and plain data without the key. Other objects may print anything. */
function isHarmless(value: unknown, secret: string, seen: Set<object>): boolean {
  if (typeof value === "string") return redact(value, secret) === value;
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null || seen.has(value)) return true;
  seen.add(value);
  const isError = value instanceof Error;
  const isPrinted = PRINTERS.some((name) => name in value);
  if (!(isError || Array.isArray(value) || isPlain(value)) || isPrinted) return false;
  // A class may give an error its message.
  const inherited = isError ? ["name", "message"] : [];
  return [...Reflect.ownKeys(value), ...inherited].every((key) => {
    try {
      const name = String(key);
      return redact(name, secret) === name && isHarmless(Reflect.get(value, key), secret, seen);
    } catch {
      return false;
    }
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
