// Reads requests from the wire and puts answers on it, whole or broken.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, html } from "./answers.ts";
import type { Breakage } from "./faults.ts";

export interface Received {
  bytes: number;
  /** Empty when it was to be discarded, or grew beyond the limit. */
  text: string;
}

/** The whole body, or `undefined` when the connection ended before it did. */
export function receive(
  request: IncomingMessage,
  options: { keepBytes: number; resetMidway: boolean },
): Promise<Received | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      if (options.resetMidway) return request.socket.resetAndDestroy();
      bytes += chunk.length;
      if (bytes <= options.keepBytes) chunks.push(chunk);
    });
    request.on("end", () => {
      resolve({ bytes, text: bytes <= options.keepBytes ? Buffer.concat(chunks).toString() : "" });
    });
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

export function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body);
}

/** What the client gets of a good answer, when something breaks. */
export function sendBroken(
  response: ServerResponse,
  breakage: Breakage,
  good: Answer,
  elsewhere: string,
): void {
  const half = good.body.slice(0, good.body.length / 2);
  switch (breakage) {
    case "hang":
      break;
    case "reset":
    case "resetMidRequest":
      response.socket?.resetAndDestroy();
      break;
    case "truncated":
      response.writeHead(good.status, { ...good.headers, "Content-Length": Buffer.byteLength(good.body) });
      response.write(half, () => response.socket?.destroy());
      break;
    case "cutJson":
      send(response, { ...good, body: half });
      break;
    case "html":
      send(response, html(good.status));
      break;
    case "noToken":
      send(response, good.status === 202 ? { ...good, body: "{}" } : good);
      break;
    case "redirect":
      // The redirect that makes a client which follows it send the whole body again.
      send(response, { status: 307, headers: { Location: elsewhere }, body: "" });
      break;
  }
}
