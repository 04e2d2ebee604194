// HTTP servers on loopback that end when they are told to.

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";

export interface Listening {
  url: string;
  close(): Promise<void>;
}

export async function listen(listener: RequestListener): Promise<Listening> {
  // An idle connection that the server closes just as the client uses it again would be a fault nobody asked for.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was assigned");

  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Another origin: records whatever reaches it, and answers as if it were the right one. */
export async function listenElsewhere(): Promise<Listening & { received: string[] }> {
  const received: string[] = [];
  const server = await listen(async (request, response) => {
    const body = (await request.setEncoding("utf8").toArray()).join("");
    received.push([`${request.method} ${request.url}`, JSON.stringify(request.headers), body].join("\n"));
    response.writeHead(202, { "Content-Type": "application/json" }).end('{"indexing_token":"elsewhere"}');
  });
  return { ...server, received };
}
