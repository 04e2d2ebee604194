import { inspect } from "node:util";
import { expect, test } from "vitest";
import { ApiError, ConnectionError, TimeoutError } from "../../src/errors.ts";
import type { Answer } from "../../src/transport/answer.ts";
import { errorFromAnswer } from "../../src/transport/error-from-answer.ts";

const SECRET = "s3cr3t-0123456789";
const about = {
  route: "POST /audiences/update",
  attempts: 1,
  timeoutMs: 60_000,
  inDoubt: false,
  secret: SECRET,
};

const response = (status: number, body?: unknown, retryAfterMs?: number): Answer => ({
  kind: "response",
  status,
  body,
  asksToWait: retryAfterMs !== undefined,
  retryAfterMs,
});

test("an answer is told with its status, code and message, the route and the number of attempts", () => {
  const answer = response(500, { error_code: "SERVER_ERROR", error_message: "Internal" }, 7000);
  const error = errorFromAnswer(answer, { ...about, attempts: 6 });
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    name: "ApiError",
    code: "API",
    status: 500,
    errorCode: "SERVER_ERROR",
    errorMessage: "Internal",
    attempts: 6,
    retryAfterMs: 7000,
    message:
      'Batch answered 500 SERVER_ERROR "Internal" to POST /audiences/update after 6 attempts. Try again later.',
  });
});

test.each([
  [401, "Check that restKey belongs to the project of projectKey."],
  [403, "Check what this key is allowed to do."],
  [404, "Check the audience's name and that it was created, and baseUrl with its version."],
  [413, "Lower maxBytesPerRequest."],
  [429, "Other programs may use this project's rate. Run them at other times, or lower requestsPerSecond."],
  [300, "Redirects are not followed: they would send the key to another server. Correct baseUrl."],
  [399, "Redirects are not followed: they would send the key to another server. Correct baseUrl."],
  [503, "Try again later."],
])("after a %i it says what to do", (status, advice) => {
  expect(errorFromAnswer(response(status), about).message).toBe(
    `Batch answered ${status} to POST /audiences/update. ${advice}`,
  );
});

test.each([204, 400, 418])("a %i, for which nobody has advice, stands alone", (status) => {
  expect(errorFromAnswer(response(status), about).message).toBe(
    `Batch answered ${status} to POST /audiences/update.`,
  );
});

test.each<[what: string, body: unknown]>([
  ["HTML", "<html>Bad gateway</html>"],
  ["nothing", undefined],
  ["null", null],
  ["a list", [1]],
  ["fields of other types", { error_code: {}, error_message: [1] }],
])("a body of %s adds nothing, not even itself", (_what, body) => {
  const error = errorFromAnswer(response(400, body), about);
  expect(error.message).toBe("Batch answered 400 to POST /audiences/update.");
  expect(Object.keys(error).sort()).toEqual(["attempts", "code", "name", "status"]);
});

test("a code and a message that are numbers, as on older pages, are read", () => {
  const error = errorFromAnswer(response(400, { error_code: 12, error_message: 34 }), about);
  expect(error).toMatchObject({ errorCode: "12", errorMessage: "34" });
});

test("a message is cut to 500 characters", () => {
  const error = errorFromAnswer(response(400, { error_message: "x".repeat(10_000) }), about) as ApiError;
  expect(error.errorMessage).toBe(`${"x".repeat(500)}…`);
  expect(error.message.length).toBeLessThan(600);
  const whole = errorFromAnswer(response(400, { error_message: "x".repeat(500) }), about);
  expect(whole).toMatchObject({ errorMessage: "x".repeat(500) });
});

test("a lost answer is told with what lies at the bottom of it, and that nobody knows", () => {
  const cause = new TypeError("fetch failed", { cause: new Error("read ECONNRESET") });
  const error = errorFromAnswer({ kind: "lost", cause }, { ...about, attempts: 2 });
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ name: "ConnectionError", code: "CONNECTION", attempts: 2, cause });
  expect(error.message).toBe(
    "No readable answer to POST /audiences/update after 2 attempts (read ECONNRESET). " +
      "Whether it was carried out is not known; sending the same actions again does no harm.",
  );
});

test("what a fetch throws that is no error is not shown if it has the key", () => {
  const error = errorFromAnswer({ kind: "lost", cause: `Bearer ${SECRET}` }, about);
  expect(error.cause).toMatchObject({ message: "fetch threw something that is not an Error" });
});

test.each<[what: string, cause: unknown]>([
  [
    "a message that is no text",
    Object.assign(new Error(), { message: undefined, request: new URL("http://x") }),
  ],
  [
    "a message that cannot be read",
    new (class extends Error {
      override get message(): string {
        throw new Error("no");
      }
    })(),
  ],
  [
    "nothing that can be read",
    new Proxy(new Error("x"), {
      get() {
        throw new Error("no");
      },
    }),
  ],
])("a lost answer whose cause has %s is told all the same", (_what, cause) => {
  const error = errorFromAnswer({ kind: "lost", cause }, about);
  expect(error.message).toMatch(/^No readable answer to POST \/audiences\/update/);
  expect(String(error.cause)).toMatch(/fetch threw an error that cannot be read/);
});

test("a lost answer whose cause is no error says only that", () => {
  const error = errorFromAnswer({ kind: "lost", cause: "gone" }, about);
  expect(error.message).toMatch(/^No readable answer to POST \/audiences\/update\. Whether/);
  expect(error.cause).toBe("gone");
});

test("a timeout is told with its limit, and that nobody knows", () => {
  const error = errorFromAnswer({ kind: "timeout" }, about);
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ name: "TimeoutError", code: "TIMEOUT", attempts: 1 });
  expect(error.message).toBe(
    "No answer to POST /audiences/update within 60000 ms. " +
      "Whether it was carried out is not known; sending the same actions again does no harm.",
  );
});

test("a server that repeats the key is quoted without it, also where the message is cut", () => {
  const body = { error_code: `bad ${SECRET}`, error_message: `${"x".repeat(490)}Bearer ${SECRET} ${SECRET}` };
  const error = errorFromAnswer(response(401, body), about) as ApiError;
  expect(error.errorCode).toBe("bad [restKey]");
  expect(inspect(error)).not.toContain(SECRET.slice(0, 8));
});

function errorWith(fields: object): Error {
  return Object.assign(new Error("fetch failed"), fields);
}

const request = () => new Request("https://a.fr", { headers: { Authorization: `Bearer ${SECRET}` } });
function circular(): object {
  const loop: Record<string, unknown> = { headers: { authorization: SECRET } };
  loop.loop = loop;
  return loop;
}

test.each<[where: string, cause: () => unknown]>([
  ["as its message", () => new Error(`cannot send ${SECRET}`)],
  ["as its name", () => errorWith({ name: SECRET })],
  ["below it", () => new Error("fetch failed", { cause: new Error(`Bearer ${SECRET}`) })],
  ["as a string", () => `Bearer ${SECRET}`],
  ["in the headers of a request", () => errorWith({ request: request() })],
  ["in headers", () => errorWith({ headers: request().headers })],
  ["in a plain object", () => errorWith({ config: { headers: { authorization: `Bearer ${SECRET}` } } })],
  ["in a list", () => errorWith({ args: [["authorization", SECRET]] })],
  ["in a Map", () => errorWith({ headers: new Map([["authorization", SECRET]]) })],
  ["in a Set", () => errorWith({ seen: new Set([SECRET]) })],
  ["as a name", () => errorWith({ [SECRET]: 1 })],
  ["as a name in a Map", () => errorWith({ seen: new Map([[SECRET, 1]]) })],
  ["in an address", () => errorWith({ url: new URL(`https://a.fr/?key=${SECRET}`) })],
  ["in the parameters of an address", () => errorWith({ query: new URLSearchParams({ key: SECRET }) })],
  [
    "in a form",
    () => {
      const form = new FormData();
      form.set("key", SECRET);
      return errorWith({ form });
    },
  ],
  ["in a loop", () => errorWith({ config: circular() })],
  ["where it cannot be enumerated", () => Object.defineProperty(new Error("x"), "hidden", { value: SECRET })],
  ["in a symbol", () => errorWith({ tag: Symbol(SECRET) })],
  ["under a symbol", () => errorWith({ [Symbol("headers")]: SECRET })],
  ["in several errors", () => new AggregateError([new Error(SECRET)], "all failed")],
  ["in what it turns into as JSON", () => errorWith({ toJSON: () => ({ key: SECRET }) })],
  [
    "in what it shows of itself",
    () => errorWith({ odd: { [inspect.custom]: () => `Headers { authorization: ${SECRET} }` } }),
  ],
])("a fetch that repeats the key %s is quoted without it", (_where, cause) => {
  const error = errorFromAnswer({ kind: "lost", cause: cause() }, about);
  for (const shown of [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), error.stack]) {
    expect(shown).not.toContain(SECRET);
  }
  expect(JSON.stringify({ cause: error.cause })).not.toContain(SECRET);
});

test("a cause made of errors and plain data is kept as it is", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  const socket = { localAddress: "127.0.0.1", bytesWritten: 12, tags: ["a", null], bare, self: bare };
  socket.self = socket;
  const below = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET", socket });
  const cause = new TypeError("fetch failed", { cause: below });
  expect(errorFromAnswer({ kind: "lost", cause }, about).cause).toBe(cause);
});

test("a cause that shows nobody knows what is told by its name and message", () => {
  class Hidden extends Error {
    readonly #key = SECRET;
    toJSON() {
      return this.#key;
    }
  }
  const error = errorFromAnswer({ kind: "lost", cause: new Hidden("fetch failed") }, about);
  expect(JSON.stringify({ error, cause: error.cause })).not.toContain(SECRET);
  expect(error.cause).toMatchObject({ name: "Error", message: "fetch failed" });
});

test("a cause without a message is told by its code", () => {
  const below = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  const cause = new TypeError("fetch failed", { cause: below });
  expect(errorFromAnswer({ kind: "lost", cause }, about).message).toContain("(ECONNREFUSED)");
});

const UNREACHABLE = ["No connection for", ". Nothing was sent. Check the network, and the host of baseUrl."];
const UNKNOWN = [
  "No connection for",
  ": there is no host of that name. Nothing was sent. Correct the host of baseUrl, or check the network.",
];
const UNTRUSTED = [
  "No trusted connection for",
  ". Nothing was sent. Check the host of baseUrl and the clock of this machine. Behind a proxy that decrypts TLS, set NODE_EXTRA_CA_CERTS to its certificate.",
];

test.each([
  ["ECONNREFUSED", UNREACHABLE],
  ["ENOTFOUND", UNKNOWN],
  ["EAI_AGAIN", UNREACHABLE],
  ["UND_ERR_CONNECT_TIMEOUT", UNREACHABLE],
  ["CERT_HAS_EXPIRED", UNTRUSTED],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNTRUSTED],
  ["ERR_TLS_CERT_ALTNAME_INVALID", UNTRUSTED],
])("%s comes before anything is sent, and the error says so", (code, [start, end]) => {
  const cause = new TypeError("fetch failed", { cause: Object.assign(new Error("why"), { code }) });
  const { message } = errorFromAnswer({ kind: "lost", cause }, about);
  expect(message).toBe(`${start} POST /audiences/update (why)${end}`);
  const later = errorFromAnswer({ kind: "lost", cause }, { ...about, attempts: 2, inDoubt: true });
  expect(later.message).not.toContain("Nothing was sent");
  expect(later.message).toContain("An earlier attempt had no readable answer. Whether it was carried out");
});

test("a TLS error is told in words, not as OpenSSL prints it", () => {
  const openSsl =
    "C0B24BDC6A7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl/record/ssl3_record.c:354:\n";
  const code = "ERR_SSL_WRONG_VERSION_NUMBER";
  const cause = new TypeError("fetch failed", { cause: Object.assign(new Error(openSsl), { code }) });
  const { message } = errorFromAnswer({ kind: "lost", cause }, about);
  expect(message).toMatch(
    /^No trusted connection for POST \/audiences\/update \(TLS: wrong version number\)\. Nothing was sent\./,
  );
});

test("a cause that is its own cause is told", () => {
  const cause = new Error("fetch failed");
  cause.cause = cause;
  expect(errorFromAnswer({ kind: "lost", cause }, about).message).toContain("(fetch failed)");
});

test("a cause is told by what lies at most ten causes below it", () => {
  const above = (height: number, cause: Error): Error =>
    height === 0 ? cause : above(height - 1, new Error(`${12 - height}`, { cause }));
  const cause = above(11, new Error("0"));
  expect(errorFromAnswer({ kind: "lost", cause }, about).message).toContain("(1)");
});

test("a cause that cannot be looked into is told, and not shown", () => {
  const cause = Object.defineProperty(new Error("fetch failed"), "trap", {
    get() {
      throw new Error("no");
    },
  });
  const error = errorFromAnswer({ kind: "lost", cause }, about);
  expect(error.message).toContain("(fetch failed)");
  expect(error.cause).not.toBe(cause);
});
