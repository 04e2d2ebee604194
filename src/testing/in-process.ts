// The fake behind a `fetch`, without a network and in virtual time.

import { type Runtime, untilAborted } from "../runtime.ts";
import type { Answer } from "./answers.ts";
import { FakeBatch } from "./fake-batch.ts";
import type { FakeBatchOptions } from "./fake-options.ts";
import { firstHalf, type Reply } from "./faults.ts";
import type { Body } from "./incoming.ts";
import { createRandom } from "./random.ts";
import { BASE_PATH } from "./routes.ts";
import { virtualTime } from "./virtual-time.ts";

export interface InProcessFakeBatch extends FakeBatch {
  /** Base URL for a client. */
  readonly url: string;
  /** The time that the fake lives in, and that its clients must share. */
  readonly runtime: Runtime;
  readonly fetch: (request: Request) => Promise<Response>;
}

export function createFakeBatch(
  options: FakeBatchOptions = {},
  runtime: Runtime = virtualTime(createRandom(options.seed ?? 1)),
): InProcessFakeBatch {
  const batch = new FakeBatch(options, runtime, "http://elsewhere.invalid");
  /** The requests themselves: the signal of one that is collected is never aborted. */
  const open = new Set<Request>();

  async function answer(request: Request): Promise<Response> {
    const { method, url, headers, signal } = request;
    const reply = await batch.handle({
      method,
      url,
      header: (name) => headers.get(name),
      signal,
      read: async ({ resetMidway }) => (resetMidway ? undefined : readBody(request)),
    });
    // As over a network, nothing comes back in the same turn.
    await runtime.sleep(0, signal);
    return responseOf(reply);
  }

  async function fetch(request: Request): Promise<Response> {
    request.signal.throwIfAborted();
    open.add(request);
    try {
      return await untilAborted(answer(request), request.signal);
    } finally {
      open.delete(request);
    }
  }

  return Object.assign(batch, { url: `http://fake-batch.invalid${BASE_PATH}`, runtime, fetch });
}

async function readBody(request: Request): Promise<Body | undefined> {
  const body = await request.arrayBuffer();
  if (request.signal.aborted) return undefined;
  return { bytes: body.byteLength, text: new TextDecoder().decode(body) };
}

function responseOf(reply: Reply): Response | Promise<never> {
  switch (reply.kind) {
    case "whole":
      return respond(reply.answer, reply.answer.body);
    case "truncated":
      return respond(reply.answer, cutOff(firstHalf(reply.answer.body)));
    case "reset":
      throw new TypeError("fetch failed", { cause: new Error("read ECONNRESET") });
    case "hang":
      return new Promise(() => {});
  }
}

function respond({ status, headers }: Answer, body: string | ReadableStream): Response {
  return new Response(body === "" ? null : body, { status, headers: { ...headers } });
}

/** A body that fails after this text. */
function cutOff(text: string): ReadableStream {
  return new ReadableStream({
    start: (body) => body.enqueue(new TextEncoder().encode(text)),
    pull: (body) => body.error(new TypeError("terminated")),
  });
}
