// The barest client, for tests of the simulator itself.

import type { Action } from "./state.ts";

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

/** Resolves when the condition holds, however long that takes. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export const add = (id: string, attributes?: Record<string, unknown>): Action =>
  attributes === undefined ? { action: "add", id } : { action: "add", id, attributes };

export const remove = (id: string): Action => ({ action: "remove", id });

/** `count` adds of ids that no other start shares. */
export const adds = (count: number, start = 0): Action[] =>
  Array.from({ length: count }, (_, index) => add(`id-${start + index}`));
