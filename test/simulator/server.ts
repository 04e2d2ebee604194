// A stateful stand-in for the Audience API on loopback: what it is told becomes an audience, late, in any order, and
// with whatever faults it is asked to have.

import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { accepted, tooLarge } from "./answers.ts";
import { createFate } from "./fate.ts";
import { listen, listenElsewhere } from "./listen.ts";
import type { Counts, RequestEntry, Simulator, SimulatorOptions, Violation } from "./options.ts";
import { type Flight, Overlaps } from "./overlaps.ts";
import { parseUpdate, type Update } from "./rules.ts";
import { createService, drain, UPDATE, VIEW } from "./service.ts";
import { State } from "./state.ts";
import { receive, send, sendBroken } from "./wire.ts";

export type * from "./options.ts";

/** As with the real API, the version is part of the base URL. */
const BASE_PATH = "/2.11";

const MOST_VIOLATIONS = 1000;

/** What a reply that breaks before the work is done breaks off from. */
const PRETENDED = accepted("0".repeat(32));

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { lag = { requests: 0 }, order = "random", maxBodyBytes = Infinity, log = true } = options;
  const { now = () => performance.now(), drainOnly = false, onRequest } = options;

  const counts: Counts = { requests: 0, updates: 0, views: 0, accepted: 0, throttled: 0, faults: 0 };
  const requests: RequestEntry[] = [];
  const violations: Violation[] = [];
  const failures: unknown[] = [];
  const overlaps = new Overlaps();
  const state = new State({ lag: "ms" in lag ? lag.ms : lag.requests, order });
  const clock = "ms" in lag ? now : () => counts.requests;
  const answerTo = drainOnly ? drain : createService(state, options, clock);
  const fateOf = createFate(options);
  const closing = new AbortController();
  const elsewhere = await listenElsewhere();

  function violate(violation: Violation): void {
    if (violations.length < MOST_VIOLATIONS) violations.push(violation);
  }

  /** What can be said of an update whatever its answer will be. */
  async function watch(entry: RequestEntry, flight: Flight, { name, actions }: Update): Promise<void> {
    const ids = new Set<string>();
    for (const { id } of actions) {
      if (ids.has(id)) violate({ rule: "an id twice in one request", requests: [entry.number], id });
      ids.add(id);
    }
    entry.audience = name;
    if (log) entry.ids = actions.map(({ id }) => id);
    for (const overlap of await overlaps.identify(flight, name, ids)) {
      violate({ rule: "outstanding together", requests: [overlap.with, entry.number], id: overlap.id });
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://simulator");
    const entry: RequestEntry = {
      number: ++counts.requests,
      route: `${request.method} ${routeOf(pathname)}`,
      at: now(),
      bytes: 0,
      accepted: false,
    };
    const flight = overlaps.begin(entry.number);
    const end = (abandoned: boolean) => {
      entry.endedAt ??= now();
      overlaps.end(flight, abandoned);
    };
    response.on("close", () => end(true));

    if (log) requests.push(entry);
    if (entry.route === UPDATE) counts.updates++;
    if (entry.route === VIEW) counts.views++;
    state.advance(clock());
    const { fault, tooFast, latencyMs, random } = fateOf(entry);
    if (tooFast) violate({ rule: "too fast", requests: [entry.number] });
    if (fault !== undefined) {
      entry.fault = fault.kind;
      if (fault.kind === "throttled") counts.throttled++;
      else counts.faults++;
    }
    onRequest?.(entry);

    const breakage = fault !== undefined && "breakage" in fault ? fault.breakage : undefined;
    const received = await receive(request, {
      keepBytes: drainOnly ? 0 : maxBodyBytes,
      resetMidway: breakage === "resetMidRequest",
    });
    if (received === undefined) return;
    entry.bytes = received.bytes;
    const parsed = entry.route === UPDATE && !drainOnly ? parseUpdate(received.text) : undefined;
    if (parsed !== undefined && "actions" in parsed) await watch(entry, flight, parsed);

    const works = fault === undefined || fault.afterWork;
    const answer = works
      ? received.bytes > maxBodyBytes
        ? tooLarge
        : answerTo({ entry, headers: request.headers, query, parsed, random })
      : PRETENDED;
    if (entry.accepted) counts.accepted++;
    if (latencyMs > 0) await sleep(latencyMs, undefined, { signal: closing.signal });

    if (breakage !== "hang") end(false);
    if (breakage !== undefined) return sendBroken(response, breakage, answer, elsewhere.url);
    const whole = fault !== undefined && "answer" in fault ? fault.answer : answer;
    entry.status = whole.status;
    send(response, whole);
  }

  const server = await listen((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (closing.signal.aborted) return;
      failures.push(error);
      response.destroy();
    });
  });

  return {
    url: server.url + BASE_PATH,
    counts,
    requests,
    violations,
    elsewhere,
    audience(name) {
      state.advance(clock());
      return state.content(name);
    },
    settle: () => state.settle(),
    replace: (name) => state.replace(name),
    async close() {
      closing.abort();
      await Promise.all([server.close(), elsewhere.close()]);
      // To the client it looked like one more fault, which would hide it.
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** What is not below the base path is no route, whatever its end looks like. */
function routeOf(pathname: string): string {
  return pathname.startsWith(`${BASE_PATH}/`) ? pathname.slice(BASE_PATH.length) : `(origin)${pathname}`;
}
