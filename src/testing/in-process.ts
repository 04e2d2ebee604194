// The fake behind a `fetch`, without a network.

import { type Runtime, untilAborted } from "../runtime.ts";
import type { Answer } from "./answers.ts";
import type { FakeServer } from "./fake-server.ts";
import { firstHalf, type Reply } from "./faults.ts";
import type { Body } from "./incoming.ts";
import { BASE_PATH, ELSEWHERE_PATH } from "./routes.ts";

/** The base URL of a client. It leads nowhere. */
export const IN_PROCESS_URL = `http://fake-batch.invalid${BASE_PATH}`;
const ELSEWHERE = `http://elsewhere.invalid${ELSEWHERE_PATH}`;

export function createFetch(
  server: FakeServer,
  runtime: Pick<Runtime, "sleep">,
): (request: Request) => Promise<Response> {
  /** The requests themselves: the signal of one that is collected is never aborted. */
  const open = new Set<Request>();

  async function answer(request: Request): Promise<Response> {
    const { method, url, headers, signal } = request;
    const reply = await server.handle({
      method,
      url,
      header: (name) => headers.get(name),
      headers: () => headers,
      elsewhere: ELSEWHERE,
      signal,
      read: async ({ resetMidway }) => (resetMidway ? undefined : readBody(request)),
    });
    // As over a network, nothing comes back in the same turn.
    await runtime.sleep(0, signal);
    return responseOf(reply);
  }

  return async function fetch(request) {
    request.signal.throwIfAborted();
    open.add(request);
    try {
      return await untilAborted(answer(request), request.signal);
    } finally {
      open.delete(request);
    }
  };
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
