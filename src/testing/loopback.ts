// The fake as an HTTP server on loopback, for real connections, other processes and other languages.

import type { IncomingMessage, ServerResponse } from "node:http";
import { systemRuntime } from "../runtime.ts";
import type { Answer } from "./answers.ts";
import type { FakeServer } from "./fake-server.ts";
import { firstHalf, type Reply } from "./faults.ts";
import type { Body, ReadOptions } from "./incoming.ts";
import { BASE_PATH, ELSEWHERE_PATH } from "./routes.ts";

/** A fake that can be reached over HTTP. */
export interface Listening {
  /** The base URL for a client, with a path, as the real API has. */
  readonly url: string;
  /** Ends every connection. Rejects with what a function in the options of the fake has thrown. */
  close(): Promise<void>;
}

/** Imported only when it is needed, and by no literal: so the fake loads, and can be bundled, where there is no such module. */
const HTTP = "node:http";

export async function listen(fake: FakeServer, port: number): Promise<Listening> {
  const { createServer } = (await import(/* @vite-ignore */ HTTP)) as typeof import("node:http");
  // An idle connection that the server closes just as the client uses it again would be a fault that nobody asked for.
  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0 },
    (request, response) => void answer(fake, request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server.address())}${BASE_PATH}`,
    async close() {
      if (server.listening) {
        const closed = new Promise((resolve) => server.once("close", resolve));
        server.close();
        server.closeAllConnections();
        await closed;
      }
      fake.throwFailure();
    },
  };
}

function portOf(address: object | string | null): number {
  return (address as { port: number }).port;
}

async function answer(fake: FakeServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "/" } = request;
  const ended = new AbortController();
  response.on("close", () => ended.abort(CONNECTION_ENDED));
  try {
    const reply = await fake.handle({
      method,
      url,
      header: (name) => request.headers[name]?.toString(),
      headers: () =>
        Object.entries(request.headers).map(([name, value = ""]) => [name, value.toString()] as const),
      // Another name of the same machine is another origin.
      elsewhere: `http://localhost:${portOf(request.socket.address())}${ELSEWHERE_PATH}`,
      signal: ended.signal,
      read: (options) => read(request, options),
    });
    send(response, reply);
  } catch {
    // The fake has recorded the error. The client sees a lost connection, unless it ended that itself.
    response.destroy();
  }
}

/** A reason without a stack, which would take longer to make than a small answer. */
const CONNECTION_ENDED = "the connection has ended";

async function read(request: IncomingMessage, options: ReadOptions): Promise<Body | undefined> {
  const body = await receive(request, options);
  // A client that gives a request up closes its connection and may at once use another. Both can be in the same turn of
  // the event loop here, in either order: the closing must have been seen before the two are compared.
  if (options.maxBytes > 0) for (let turn = 0; turn < 3; turn++) await systemRuntime.yieldToEventLoop();
  return body;
}

function receive(
  request: IncomingMessage,
  { maxBytes, resetMidway }: ReadOptions,
): Promise<Body | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      if (resetMidway) return request.socket.resetAndDestroy();
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    });
    request.on("end", () => {
      resolve({ bytes, text: bytes <= maxBytes ? Buffer.concat(chunks).toString() : "" });
    });
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function send(response: ServerResponse, reply: Reply): void {
  switch (reply.kind) {
    case "whole":
      response.writeHead(reply.answer.status, headersOf(reply.answer)).end(reply.answer.body);
      break;
    case "truncated":
      response.writeHead(reply.answer.status, headersOf(reply.answer));
      response.write(firstHalf(reply.answer.body), () => response.socket?.destroy());
      break;
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "hang":
      break;
  }
}

function headersOf({ headers, body }: Answer): Record<string, string | number> {
  return { ...headers, "Content-Length": Buffer.byteLength(body) };
}
