// The simulator's server without a network: the same state, rules, faults and answers behind a `fetch`, in virtual time.

import { type Runtime, untilAborted } from "../../src/runtime.ts";
import { accepted, html, tooLarge } from "../simulator/answers.ts";
import { createFate } from "../simulator/fate.ts";
import type { Breakage } from "../simulator/faults.ts";
import type { RequestEntry, Simulator, SimulatorOptions, Violation } from "../simulator/options.ts";
import { parseUpdate, type Update } from "../simulator/rules.ts";
import { createService, UPDATE } from "../simulator/service.ts";
import { State } from "../simulator/state.ts";

export type Server = Pick<Simulator, "url" | "requests" | "audience" | "settle" | "replace" | "close"> & {
  readonly violations: readonly (Violation | Overtaking)[];
};

/** The worst that indexing in any order may do, found without waiting for it to happen. */
interface Overtaking {
  rule: "accepted while another action for the id was not applied";
  requests: readonly number[];
  id: string;
}

const URL_BASE = "http://in-process/2.11";
const PRETENDED = accepted("0".repeat(32));

/** Heeds what `SimulatorOptions` says, but for `drainOnly` and `log`. */
export function createInProcessServer(
  options: SimulatorOptions,
  runtime: Runtime,
): Server & { fetch: (request: Request) => Promise<Response> } {
  const { lag = { requests: 0 }, order = "random", maxBodyBytes = Infinity, onRequest } = options;
  const requests: RequestEntry[] = [];
  const violations: (Violation | Overtaking)[] = [];
  let pending: { entry: RequestEntry; actions: Map<string, string> }[] = [];
  const state = new State({ lag: "ms" in lag ? lag.ms : lag.requests, order });
  const clock = "ms" in lag ? runtime.now : () => requests.length;
  const answerTo = createService(state, options, clock);
  const fateOf = createFate(options);
  /** With the request itself: the signal of one that is collected is never aborted. */
  const open = new Map<RequestEntry, Request>();

  function watch(entry: RequestEntry): void {
    const ids = new Set(entry.ids);
    if (ids.size < (entry.ids?.length ?? 0)) {
      violations.push({ rule: "an id twice in one request", requests: [entry.number] });
    }
    for (const other of open.keys()) {
      if (other === entry || other.audience !== entry.audience) continue;
      const id = other.ids?.find((id) => ids.has(id));
      if (id !== undefined) {
        violations.push({ rule: "outstanding together", requests: [other.number, entry.number], id });
      }
    }
  }

  /** Two that say the same of an id may be applied in any order. */
  function compare(entry: RequestEntry, update: Update): void {
    pending = pending.filter(
      ({ entry: { audience = "", token = "" } }) => state.stateOfToken(audience, token) === "IN_PROGRESS",
    );
    const actions = new Map(update.actions.map((action) => [action.id, JSON.stringify(action)]));
    for (const other of pending) {
      if (other.entry.audience !== update.name) continue;
      for (const [id, action] of actions) {
        if ((other.actions.get(id) ?? action) === action) continue;
        const rule = "accepted while another action for the id was not applied";
        violations.push({ rule, requests: [other.entry.number, entry.number], id });
      }
    }
    pending.push({ entry, actions });
  }

  async function handle(request: Request, entry: RequestEntry): Promise<Response> {
    state.advance(clock());
    const { fault, tooFast, latencyMs, random } = fateOf(entry);
    if (tooFast) violations.push({ rule: "too fast", requests: [entry.number] });
    if (fault !== undefined) entry.fault = fault.kind;
    onRequest?.(entry);
    const text = await request.text();
    request.signal.throwIfAborted();
    entry.bytes = Buffer.byteLength(text);
    const parsed = entry.route === UPDATE ? parseUpdate(text) : undefined;
    if (parsed !== undefined && "actions" in parsed) {
      entry.audience = parsed.name;
      entry.ids = parsed.actions.map(({ id }) => id);
      watch(entry);
    }
    let answer = PRETENDED;
    if (fault === undefined || fault.afterWork) {
      const query = new URL(request.url).searchParams;
      const headers = Object.fromEntries(request.headers);
      answer = entry.bytes > maxBodyBytes ? tooLarge : answerTo({ entry, headers, query, parsed, random });
      if (entry.accepted && parsed !== undefined && "actions" in parsed) compare(entry, parsed);
    }
    await runtime.sleep(latencyMs, request.signal);
    const breakage = fault !== undefined && "breakage" in fault ? fault.breakage : undefined;
    if (breakage !== undefined) return broken(breakage, answer, request.signal);
    const whole = fault !== undefined && "answer" in fault ? fault.answer : answer;
    entry.status = whole.status;
    return respond(whole);
  }

  return {
    url: URL_BASE,
    requests,
    violations,
    audience(name) {
      state.advance(clock());
      return state.content(name);
    },
    settle: () => state.settle(),
    replace: (name) => state.replace(name),
    async close() {},

    async fetch(request) {
      const { pathname } = new URL(request.url);
      const route = `${request.method} ${pathname.slice("/2.11".length)}`;
      const entry: RequestEntry = {
        number: requests.length + 1,
        route,
        at: runtime.now(),
        bytes: 0,
        accepted: false,
      };
      requests.push(entry);
      open.set(entry, request);
      const end = (): void => {
        entry.endedAt ??= runtime.now();
        open.delete(entry);
      };
      request.signal.addEventListener("abort", end, { once: true });
      try {
        return await handle(request, entry);
      } finally {
        end();
      }
    },
  };
}

function respond({ status, headers, body }: { status: number; headers?: object; body: string }): Response {
  return new Response(body === "" ? null : body, { status, headers: { ...headers } });
}

async function broken(
  breakage: Breakage,
  good: { status: number; headers?: object; body: string },
  signal: AbortSignal,
): Promise<Response> {
  const half = good.body.slice(0, good.body.length / 2);
  switch (breakage) {
    case "hang":
      return untilAborted(new Promise<never>(() => {}), signal);
    case "reset":
    case "resetMidRequest":
      throw new TypeError("fetch failed", { cause: new Error("read ECONNRESET") });
    case "truncated": {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(half));
        },
        pull(controller) {
          controller.error(new TypeError("terminated"));
        },
      });
      return new Response(body, { status: good.status, headers: { ...good.headers } });
    }
    case "cutJson":
      return respond({ ...good, body: half });
    case "html":
      return respond(html(good.status));
    case "noToken":
      return respond(good.status === 202 ? { ...good, body: "{}" } : good);
    case "redirect":
      return respond({ status: 307, headers: { Location: "http://elsewhere/" }, body: "" });
  }
}
