// The API as a function: what each request is answered with, and a record of what came.

import type { AudienceAction } from "../../src/actions/action.ts";
import { type AudienceClient, createAudienceClient } from "../../src/client.ts";
import type { AudienceClientOptions } from "../../src/options.ts";
import { type VirtualTime, virtualTime } from "./virtual-time.ts";

export { add, adds, remove } from "./actions.ts";
export { expectBalance, expectPace, rejection } from "./expectations.ts";

export const REST_KEY = "r3st-k3y-0123456789abcdef";

const ROUTES = ["update", "view", "create", "replace", "remove", "list"] as const;
type Route = (typeof ROUTES)[number];

export interface Call {
  request: Request;
  /** When it came, in virtual milliseconds. */
  at: number;
  route: Route;
  audience: string;
  /** Of an update. */
  body: string;
  actions: AudienceAction[];
  /** Of a view. */
  token: string | undefined;
  /** Requests of the same route before it. */
  before: number;
}

export type Answer = (call: Call) => Response | Promise<Response>;

export interface Stub {
  client: AudienceClient;
  time: VirtualTime;
  calls: Call[];
  /** The calls of one route. */
  of: Record<Route, Call[]>;
  updates: Call[];
  views: Call[];
}

export interface StubOptions extends Partial<AudienceClientOptions> {
  random?: () => number;
}

/** A client of a stubbed API, in virtual time. By default it accepts and applies everything. */
export function stub(answer: Answer = accept, { random, ...options }: StubOptions = {}): Stub {
  const time = virtualTime(random);
  const calls: Call[] = [];
  const of = Object.fromEntries(ROUTES.map((route) => [route, []])) as unknown as Record<Route, Call[]>;

  async function fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const body = await request.text();
    const route = ROUTES.find((route) => pathname.endsWith(`/audiences/${route}`))!;
    const { name, ids = [] } = body === "" ? { name: searchParams.get("name") } : JSON.parse(body);
    const token = searchParams.get("indexing_token") ?? undefined;
    const before = of[route].length;
    const call = {
      request,
      at: time.now(),
      route,
      audience: name,
      body,
      actions: ids,
      token,
      before,
    } as const;
    calls.push(call);
    of[route].push(call);
    return answer(call);
  }

  const keys = { restKey: REST_KEY, projectKey: "project" };
  const client = createAudienceClient({ ...keys, fetch, runtime: time, ...options });
  return { client, time, calls, of, updates: of.update, views: of.view };
}

export function json(status: number, body: unknown, headers?: Record<string, string>): Response {
  return new Response(JSON.stringify(body), { status, ...(headers && { headers }) });
}

export function refusal(status: number, message = "no", headers?: Record<string, string>): Response {
  return json(status, { error_code: "CODE", error_message: message }, headers);
}

/** A token for each write, `t0` that of the first update; every token applied. */
export function accept({ route, before }: Call): Response {
  if (route === "list") return json(200, { audiences: [], has_more: false });
  if (route === "view") return applied();
  return json(202, { indexing_token: `${route === "update" ? "t" : route}${before}` });
}

export const applied = (): Response => json(200, { indexing_state: "APPLIED" });
export const inProgress = (): Response => json(200, { indexing_state: "IN_PROGRESS" });

/** Never answers; ends only with the request's signal. */
export function silence({ request }: Call): Promise<Response> {
  return new Promise((_, reject) => {
    request.signal.addEventListener("abort", () => reject(request.signal.reason));
  });
}

/** A success whose body breaks off. */
export function cutOff(): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"indexing_tok'));
      controller.error(new Error("socket hang up"));
    },
  });
  return new Response(body, { status: 202 });
}

/** The first of these for the first update, and so on; then everything is accepted. Views are applied. */
export function firstAnswer(...answers: Answer[]): Answer {
  return (call) => (call.route === "update" ? (answers[call.before] ?? accept)(call) : accept(call));
}

/** The ids on the audience after these actions. */
export function stateAfter(actions: Iterable<AudienceAction>, state = new Set<string>()): Set<string> {
  for (const { action, id } of actions) {
    if (action === "add") state.add(id);
    else state.delete(id);
  }
  return state;
}
