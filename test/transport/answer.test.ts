import { expect, test } from "vitest";
import { leavesDoubt, mayPass, readRetryAfter, responseHead } from "../../src/transport/answer.ts";
import { EPOCH } from "../support/virtual-time.ts";

test.each<[header: string | null, ms: number | undefined]>([
  ["120", 120_000],
  ["0", 0],
  ["1.5", 1500],
  ["1.25", 1250],
  [" 7 ", 7000],
  ["99999999999999999999", 1e23],
  [new Date(EPOCH + 90_000).toUTCString(), 90_000],
  ["Mon, 23 Nov 2026 09:31:00 GMT", 60_000],
  ["Monday, 23-Nov-26 09:31:00 GMT", 60_000],
  ["Mon, 23 Nov 2026 09:29:00 GMT", undefined],
  ["Mon, 23 Nov 2026 09:30:00 GMT", undefined],
  ["-5", undefined],
  ["-1.5", undefined],
  // Date.parse alone takes it for a year.
  ["-2099", undefined],
  ["", undefined],
  ["soon", undefined],
  ["in 5 minutes", undefined],
  ["5 s", undefined],
  ["1e9", undefined],
  ["0x10", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["2026-11-23", undefined],
  ["x Mon, 23 Nov 2026 09:31:00 GMT", undefined],
  ["Mon, 99 Nov 2026 09:31:00 GMT", undefined],
  [null, undefined],
])("Retry-After %j asks for %j ms", (header, ms) => {
  expect(readRetryAfter(header, EPOCH)).toBe(ms);
});

test("a Retry-After given as a date counts from the server's Date, since the local clock may be wrong", () => {
  const headers = { "Retry-After": "Mon, 23 Nov 2026 09:31:00 GMT", Date: "Mon, 23 Nov 2026 09:30:00 GMT" };
  const hour = 3_600_000;
  for (const localDate of [EPOCH, EPOCH - hour, EPOCH + hour]) {
    const head = responseHead(new Response(null, { status: 429, headers }), localDate);
    expect(head).toEqual({ status: 429, asksToWait: true, retryAfterMs: 60_000 });
  }
});

test("without a readable Date the local clock has to do", () => {
  for (const date of [{}, { Date: "yesterday" }]) {
    const headers = { "Retry-After": "Mon, 23 Nov 2026 09:31:00 GMT", ...date };
    expect(responseHead(new Response(null, { status: 503, headers }), EPOCH).retryAfterMs).toBe(60_000);
  }
});

test("a fault before anything is sent leaves no doubt; an unknown host and a server that is not trusted are not tried again", () => {
  const lost = (code: string) =>
    ({
      kind: "lost",
      cause: new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }),
    }) as const;
  const known = (code: string) => [mayPass(lost(code)), leavesDoubt(lost(code))];
  expect(known("ECONNREFUSED")).toEqual([true, false]);
  expect(known("EAI_AGAIN")).toEqual([true, false]);
  expect(known("ENOTFOUND")).toEqual([false, false]);
  expect(known("CERT_HAS_EXPIRED")).toEqual([false, false]);
  expect(known("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE")).toEqual([false, false]);
  expect(known("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC")).toEqual([true, true]);
  expect(known("ECONNRESET")).toEqual([true, true]);
  expect(known("UND_ERR_SOCKET")).toEqual([true, true]);
});

test("a `fetch` that gave no Response may have sent the request, and is not asked again", () => {
  const cause = Object.assign(new TypeError("no Response"), { code: "NO_RESPONSE" });
  expect([mayPass({ kind: "lost", cause }), leavesDoubt({ kind: "lost", cause })]).toEqual([false, true]);
});

test("a code is looked for as far down as ten causes", () => {
  const below = (depth: number): Error =>
    depth === 0
      ? Object.assign(new Error("x"), { code: "ECONNREFUSED" })
      : new Error("fetch failed", { cause: below(depth - 1) });
  expect(leavesDoubt({ kind: "lost", cause: below(10) })).toBe(false);
  expect(leavesDoubt({ kind: "lost", cause: below(11) })).toBe(true);
});
