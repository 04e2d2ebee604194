// The fake on loopback and the barest client, for tests of the fake itself.

import { onTestFinished } from "vitest";
import { systemRuntime } from "../../src/runtime.ts";
import type { Clock } from "../../src/testing/fake-batch.ts";
import { type FakeBatchServer, startFakeBatch } from "../../src/testing/loopback.ts";

/** A fake that ends with the test that has started it. */
export async function start(...args: Parameters<typeof startFakeBatch>): Promise<FakeBatchServer> {
  const fake = await startFakeBatch(...args);
  onTestFinished(() => fake.close());
  return fake;
}

/** A clock that shows what the test says. */
export const clockAt = (now: () => number): Clock => ({ ...systemRuntime, now });

export const HEADERS = {
  Authorization: "Bearer rest-key",
  "X-Batch-Project": "project-key",
  "Content-Type": "application/json",
};

export function post(url: string, ids: readonly unknown[], init: RequestInit & { name?: string } = {}) {
  const { name = "vips", ...rest } = init;
  const body = JSON.stringify({ name, ids });
  return fetch(`${url}/audiences/update`, {
    method: "POST",
    headers: HEADERS,
    redirect: "manual",
    body,
    ...rest,
  });
}

export function view(url: string, query: { name?: string; indexing_token?: string } = { name: "vips" }) {
  return fetch(`${url}/audiences/view?${new URLSearchParams(query)}`, {
    headers: HEADERS,
    redirect: "manual",
  });
}

export async function tokenOf(response: Response): Promise<string> {
  const { indexing_token } = (await response.json()) as { indexing_token: string };
  return indexing_token;
}

export async function stateOf(response: Response): Promise<string> {
  const { indexing_state } = (await response.json()) as { indexing_state: string };
  return indexing_state;
}
