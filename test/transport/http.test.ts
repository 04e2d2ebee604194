import { expect, test } from "vitest";
import { ApiError } from "../../src/errors.ts";
import { dryRunTransport } from "../../src/transport/transport.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { adds, json, rejection, stub } from "../support/scripted-api.ts";
import { idle } from "../support/virtual-time.ts";

/** A body that arrives in pieces, cut wherever the network cuts it. */
function inPieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
}

test("a character of an answer may arrive in two pieces", async () => {
  const errorMessage = "désolé, 😀";
  const body = JSON.stringify({ error_code: "NO", error_message: errorMessage });
  const api = stub(() => new Response(inPieces(body, 1), { status: 400 }));
  expect(await rejection(api.client.view("vips"), ApiError)).toMatchObject({ errorCode: "NO", errorMessage });
});

test("a redirect that a browser hides is a 302", async () => {
  const hidden = () =>
    Object.defineProperties(new Response(null), {
      type: { value: "opaqueredirect" },
      status: { value: 0 },
      ok: { value: false },
    });
  const error = await rejection(stub(hidden).client.view("vips"), ApiError);
  expect(error.status).toBe(302);
  expect(error.message).toContain("Redirects are not followed");
});

test("without a timeout there is no timer", async () => {
  const api = stub(() => new Promise(() => {}), { timeoutMs: Number.POSITIVE_INFINITY });
  api.client.view("vips").catch(() => {});
  await idle();
  expect([api.calls.length, api.time.asleep]).toEqual([1, 0]);
});

test("the reasons in a 202 are without the REST key", async () => {
  const key = "0123456789abcdef";
  const errors = [{ bulk_index: 0, reason: `no such id for ${key}` }];
  const api = stub(() => json(202, { indexing_token: "t", errors }), { restKey: key });
  const { report } = await rejection(api.client.update("vips", adds(2)), UpdateError);
  expect(report.rejections.map(({ reason }) => reason)).toEqual(["no such id for [restKey]"]);
});

test("a dry run makes one attempt of each request, and has it accepted", async () => {
  const events: unknown[] = [];
  const request = { method: "GET", path: "/audiences/view", query: { name: "vips" } } as never;
  const result = await dryRunTransport.send(request, { onEvent: (event) => void events.push(event) });
  expect(result).toMatchObject({ kind: "answered", answer: { status: 202 }, inDoubt: false });
  expect(events).toEqual([{ kind: "attempt" }]);
});
