// Over real HTTP: that a redirect is not followed is the runtime's doing.

import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createAudienceClient } from "../../src/client.ts";
import { ApiError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { adds, rejection } from "../support/scripted-api.ts";

const servers: Server[] = [];

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

test.each([301, 302, 303, 307, 308])("after a %i nothing arrives at the other origin", async (status) => {
  const arrived: string[] = [];
  const elsewhere = await listen((request, response) => {
    arrived.push(`${request.method} ${request.headers.authorization}`);
    response.end("{}");
  });
  const baseUrl = await listen((request, response) => {
    request.resume();
    response.writeHead(status, { Location: `${elsewhere}${request.url}` }).end();
  });
  const client = createAudienceClient({
    restKey: "key",
    projectKey: "project",
    baseUrl,
    requestsPerSecond: 1000,
  });
  const update = await rejection(client.update("vips", adds(1)), UpdateError);
  expect(update.cause).toMatchObject({ code: "API", status });
  expect(await rejection(client.view("vips"), ApiError)).toMatchObject({ status });
  const params = { header: { "X-Batch-Project": "project" }, query: { name: "vips" } };
  const { response } = await client.http.GET("/audiences/view", { params });
  expect(response.status).toBe(status);
  expect(arrived).toEqual([]);
});
