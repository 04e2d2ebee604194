// The barest client of the routes beside update and view, for tests of the fake itself.

import { HEADERS, type post } from "../support/fake.ts";

type Target = Parameters<typeof post>[0];

export const create = (target: Target, body: object = {}, init?: RequestInit) =>
  send(target, "create", { name: "vips", type: "custom_ids", ...body }, init);

export const replace = (target: Target, ids: readonly unknown[], init?: RequestInit & { name?: string }) =>
  send(target, "replace", { name: init?.name ?? "vips", ids }, init);

export const remove = (target: Target, name = "vips", init?: RequestInit) =>
  send(target, "remove", { name }, init);

export function list(target: Target, query: { from?: string; limit?: string } = {}, init?: RequestInit) {
  return request(target, `list?${new URLSearchParams(query)}`, { ...init });
}

/** The ids as a replace takes them: `0`, `1`, … */
export const members = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}` }));

export async function errorOf(response: Response): Promise<object> {
  return { status: response.status, ...((await response.json()) as object) };
}

function send(target: Target, route: string, body: object, init: RequestInit = {}): Promise<Response> {
  return request(target, route, { method: "POST", body: JSON.stringify(body), ...init });
}

function request(target: Target, route: string, init: RequestInit): Promise<Response> {
  const url = `${target.url}/audiences/${route}`;
  const options: RequestInit = { headers: HEADERS, redirect: "manual", ...init };
  // Without a `Request`: once that is collected, the runtime's `fetch` no longer learns that its signal is aborted.
  return target.fetch === undefined ? fetch(url, options) : target.fetch(new Request(url, options));
}
