// What a simulator can be told, and what it tells.

import type { BucketOptions } from "./bucket.ts";
import type { FaultRates, Scripted } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Action, Attributes, StateOptions } from "./state.ts";

export interface SimulatorOptions {
  /** Decides everything that is left to chance. Default 1. */
  seed?: number;

  /**
   * The longest that an accepted request may wait to be applied, counted in requests that the server receives on any
   * route, or in milliseconds. Default `{ requests: 0 }`: all is applied at once.
   */
  lag?: { requests: number } | { ms: number };
  /** Default "random": each request waits for a random part of the lag. "fifo" keeps the order of arrival. */
  order?: StateOptions["order"];

  /** The probability of each fault, per request on any route. */
  faults?: FaultRates;
  /** The share of faults that strike after the work was done, among those that can strike before or after. Default 0.5. */
  faultsAfterWork?: number;
  /** Forced answers for the first requests, or decided for each. `undefined` leaves a request to `faults`. */
  script?: readonly (Scripted | undefined)[] | ((request: RequestEntry) => Scripted | undefined);
  /** `Retry-After` of every 429, and of every 503 that carries one. Default: none, and "1". */
  retryAfter?: string | ((random: Random) => string | undefined);

  /** The allowed rate, over all routes, in real time. */
  bucket?: BucketOptions;
  /** Whether the request with this number, counted from 1, is answered with 429. */
  throttle?: (requestNumber: number) => boolean;
  /** Time from the work to its answer. */
  latencyMs?: number | ((random: Random) => number);

  /** Larger bodies are answered with 413. */
  maxBodyBytes?: number;
  /** A message refuses every request that holds this action. */
  refuse?: (action: Action) => string | undefined;
  /** Default 400. */
  refusedStatus?: 400 | 422;
  /** The audiences there are; any other is answered with 404. Default: each there is a name for. */
  audiences?: readonly string[];
  /** How many views of a token are answered with 404 before it is known. Default 0. */
  hiddenViews?: number;
  /** How the view route spells that something is still being indexed. */
  spelling?: "IN_PROGRESS" | "IN_PROCESS";
  /** The only keys that are accepted. Default: any. */
  restKey?: string;
  projectKey?: string;

  /** Discards every body unread and accepts it, to measure clients by: no state, no rules. */
  drainOnly?: boolean;
  /** Whether to keep `requests`. Default true; a very long run should not. */
  log?: boolean;
  /** Called when a request's headers have arrived. What is not known yet of its entry is filled in later. */
  onRequest?: (entry: RequestEntry) => void;
  /** Milliseconds, for `lag`, `bucket` and the log. */
  now?: () => number;
}

export interface RequestEntry {
  /** Counted from 1 over all routes, in the order of arrival. */
  readonly number: number;
  /** Such as "POST /audiences/update": without the base path and the query. */
  readonly route: string;
  /** Outstanding from here ... */
  readonly at: number;
  /** ... to here. Not set while it is outstanding. */
  endedAt?: number;
  /** Of the body. */
  bytes: number;
  audience?: string;
  ids?: readonly string[];
  /** Whether the server has promised to apply it. */
  accepted: boolean;
  token?: string;
  /** Not set when no answer was sent. */
  status?: number;
  fault?: string;
}

export interface Violation {
  rule: "an id twice in one request" | "outstanding together" | "too fast";
  /** The requests involved. */
  requests: readonly number[];
  id?: string;
}

export interface Counts {
  requests: number;
  updates: number;
  views: number;
  /** Updates that the server has promised to apply. */
  accepted: number;
  /** Answered with 429, for whatever reason. */
  throttled: number;
  /** All other faults, seeded or scripted. */
  faults: number;
}

export interface Simulator {
  /** Base URL of the API, with a path, as the real one has. */
  readonly url: string;
  readonly counts: Readonly<Counts>;
  readonly requests: readonly RequestEntry[];
  /** The rules that were broken; the first thousand. */
  readonly violations: readonly Violation[];
  /** What was sent to the origin that redirects point to. */
  readonly elsewhere: { readonly url: string; readonly received: readonly string[] };
  /** What has been applied to an audience by now. */
  audience(name: string): Map<string, Attributes>;
  /** Applies all that is waiting, in its order. */
  settle(): void;
  /** Empties an audience, and all tokens issued for it so far are REPLACED. */
  replace(name: string): void;
  /** Ends every connection. Rejects when something given in the options threw, or the simulator itself is wrong. */
  close(): Promise<void>;
}
