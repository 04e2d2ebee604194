// A fake and the barest client, for tests of the fake itself.

import { onTestFinished } from "vitest";
import { type Runtime, systemRuntime } from "../../src/runtime.ts";
import { createFakeBatch, type FakeBatchOptions } from "../../src/testing/index.ts";
import { type Fake, type FakeBatchServer, startFakeBatch } from "./fake-server.ts";
import { EPOCH, virtualTime } from "./virtual-time.ts";

/** A fake that ends with the test that has started it. */
export async function start(...args: Parameters<typeof startFakeBatch>): Promise<FakeBatchServer> {
  const fake = await startFakeBatch(...args);
  onTestFinished(() => fake.close());
  return fake;
}

/** A clock that shows what the test says. */
export const clockAt = (now: () => number): Runtime => ({ ...systemRuntime, now, date: () => EPOCH + now() });

/** A server that is reached by its own `fetch`, or else by the runtime's. */
interface Target {
  url: string;
  fetch?: (request: Request) => Promise<Response>;
}

type Start = (options?: FakeBatchOptions, now?: () => number) => Promise<Fake & Target>;

/** Both ways to reach a fake. */
export const TRANSPORTS: [name: string, start: Start][] = [
  ["on loopback", (options, now) => start(options, now && clockAt(now))],
  [
    "in process",
    async (options, now) => {
      const time = virtualTime();
      const runtime = now === undefined ? time : { ...time, now, date: clockAt(now).date };
      return createFakeBatch({ runtime, ...options });
    },
  ],
];

export const HEADERS = {
  Authorization: "Bearer rest-key",
  "X-Batch-Project": "project-key",
  "Content-Type": "application/json",
};

export function post(target: Target, ids: readonly unknown[], init: RequestInit & { name?: string } = {}) {
  const { name = "vips", ...rest } = init;
  const body = JSON.stringify({ name, ids });
  return request(target, "/audiences/update", { method: "POST", body, ...rest });
}

export function view(target: Target, query: { name?: string; indexing_token?: string } = { name: "vips" }) {
  return request(target, `/audiences/view?${new URLSearchParams(query)}`);
}

function request({ url, fetch: send }: Target, path: string, init: RequestInit = {}): Promise<Response> {
  const options: RequestInit = { headers: HEADERS, redirect: "manual", ...init };
  // Without a `Request`: once that is collected, the runtime's `fetch` no longer learns that its signal is aborted.
  return send === undefined ? fetch(url + path, options) : send(new Request(url + path, options));
}

export async function tokenOf(response: Response): Promise<string> {
  const { indexing_token } = (await response.json()) as { indexing_token: string };
  return indexing_token;
}

export async function stateOf(response: Response): Promise<string> {
  const { indexing_state } = (await response.json()) as { indexing_state: string };
  return indexing_state;
}
