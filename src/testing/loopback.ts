// The fake as an HTTP server on loopback, for real connections, other processes and other languages.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { systemRuntime } from "../runtime.ts";
import type { Answer } from "./answers.ts";
import { type Clock, FakeBatch } from "./fake-batch.ts";
import type { FakeBatchOptions } from "./fake-options.ts";
import { firstHalf, type Reply } from "./faults.ts";
import type { Body, ReadOptions } from "./incoming.ts";
import { BASE_PATH } from "./routes.ts";

export interface FakeBatchServer extends FakeBatch {
  /** Base URL for a client, with a path, as the real API has. */
  readonly url: string;
  /** The origin that redirects point to, and what it was sent. */
  readonly elsewhere: { readonly url: string; readonly received: readonly string[] };
  /** Ends every connection. Rejects with what a function in the options has thrown. */
  close(): Promise<void>;
}

export async function startFakeBatch(
  options: FakeBatchOptions = {},
  clock: Clock = systemRuntime,
): Promise<FakeBatchServer> {
  const elsewhere = await listenElsewhere();
  const batch = new FakeBatch(options, clock, elsewhere.url);
  const server = await listen((request, response) => void answer(batch, request, response));
  return Object.assign(batch, {
    url: server.url + BASE_PATH,
    elsewhere,
    async close() {
      await Promise.all([server.close(), elsewhere.close()]);
      batch.throwFailure();
    },
  });
}

async function answer(batch: FakeBatch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "/" } = request;
  const ended = new AbortController();
  response.on("close", () => ended.abort(CONNECTION_ENDED));
  try {
    const reply = await batch.handle({
      method,
      url,
      header: (name) => request.headers[name]?.toString(),
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

interface Listening {
  url: string;
  close(): Promise<void>;
}

async function listen(listener: RequestListener): Promise<Listening> {
  // Imported only here, so that the fake can be loaded where there is no such module.
  const { createServer } = await import("node:http");
  // An idle connection that the server closes just as the client uses it again would be a fault that nobody asked for.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server was assigned no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.once("close", resolve));
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Another origin: records what reaches it, and answers as if it were the right one. */
async function listenElsewhere(): Promise<Listening & { received: string[] }> {
  const received: string[] = [];
  const server = await listen(async (request, response) => {
    const body = (await request.setEncoding("utf8").toArray()).join("");
    received.push([`${request.method} ${request.url}`, JSON.stringify(request.headers), body].join("\n"));
    response.writeHead(202, { "Content-Type": "application/json" }).end('{"indexing_token":"elsewhere"}');
  });
  return { ...server, received };
}
