// What a fake can be asked to do, and what it records.

import type { Refusal } from "./answers.ts";
import type { BucketOptions } from "./bucket.ts";
import type { FaultRates, Scripted } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Action, IndexingState, StateOptions } from "./state.ts";

/** Counted in requests that the server receives on any route, or in milliseconds. */
export type Span = { requests: number } | { ms: number };

export interface FakeBatchOptions {
  /** Decides everything that is left to chance. Default 1. */
  seed?: number;

  /** The longest that an accepted request may wait to be applied. Default `{ requests: 0 }`: all is applied at once. */
  lag?: Span;
  /** Default "random": each request waits for a random part of the lag. "fifo" applies them in the order of arrival. */
  order?: StateOptions["order"];

  /** The probability of each fault, per request on any route. */
  faults?: FaultRates;
  /** The share of faults that strike after the work was done, among those that can strike before or after. Default 0.5. */
  faultsAfterWork?: number;
  /** Forced answers for the first requests, or decided for each. `undefined` leaves a request to `faults`. */
  script?: readonly (Scripted | undefined)[] | ((request: RequestEntry) => Scripted | undefined);
  /**
   * How long after the end of its connection a request arrives that a `late…` fault strikes. Default `{ requests: 1 }`: the
   * next request learns nothing of it.
   */
  lateBy?: Span;
  /**
   * `Retry-After` of every 429, and of every 503 that carries one. Default: none, and "1". `date` is the server's, in
   * milliseconds since 1970.
   */
  retryAfter?: string | ((random: Random, date: number) => string | undefined);
  /** How far the server's clock is ahead of the client's. When given, each answer has a `Date` header by that clock. */
  clockSkewMs?: number;
  /** Whether every refusal repeats the request's `Authorization` header in its message. */
  echo?: boolean;

  /** The allowed rate, over all routes. */
  bucket?: BucketOptions;
  /** Time from the work to its answer. */
  latencyMs?: number | ((random: Random) => number);

  /** Larger bodies are answered with 413. */
  maxBodyBytes?: number;
  /** A message refuses every request that holds this action. */
  refuse?: (action: Action) => string | undefined;
  /** Default 400. */
  refusedStatus?: 400 | 422;
  /** A reason refuses this action alone: the 202 names it, and it is not applied. */
  refuseRecord?: (action: Action) => string | undefined;
  /** A `Retry-After` answers the audience's requests with 503. */
  maintenance?: (audience: string, request: RequestEntry) => string | undefined;

  /**
   * The audiences that there are at first. Default: each that there is a name for; those that are created or written to are
   * listed, and one that was removed has to be created again.
   */
  audiences?: readonly string[];
  /** Answers what needs an audience that there is not, also a second remove. Default: 404. */
  whenMissing?: Refusal | ((request: RequestEntry) => Refusal | undefined);
  /** Answers the creation of an audience that there is. Default: 400. "accept" changes nothing. */
  whenExists?: Refusal | "accept";
  /** Answers a replace without ids. Default "accept": the audience is empty then. */
  whenNoIds?: Refusal | "accept";
  /** The types that can be created. Default: `custom_ids`, `emails` and `install_ids`. */
  audienceTypes?: readonly string[];
  /** Whether a created audience is unknown until its creation is applied. Default false: it is known at once. */
  unknownUntilCreated?: boolean;
  /**
   * Whether a replace or a remove, when it is applied, drops what was accepted before it and still waits. Default true. With
   * false that is applied all the same, later.
   */
  supersedes?: boolean;
  /** How many views of a token are answered with 404 before it is known. Default 0. */
  hiddenViews?: number;
  /** Whether another program's writes to the audience are still being indexed. A view without a token and a list show it. */
  busy?: (audience: string, request: RequestEntry) => boolean;
  /** How view and list name a state, of one token or of the audience as a whole. Default: as the document does. */
  nameState?: (state: IndexingState, audience: string, token: string | undefined) => string;
  /** The only keys that are accepted. Default: any. */
  restKey?: string;
  projectKey?: string;

  /** Discards every body unread and accepts it, to measure clients by: no state, no rules. */
  drainOnly?: boolean;
  /** Whether to record `requests`. Default true; a very long run should not. */
  log?: boolean;
  /** Called when a request's headers have arrived. What is not known yet of its entry is filled in later. */
  onRequest?: (entry: RequestEntry) => void;
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

/** What a correct client never does. */
export interface Violation {
  rule:
    | "an id twice in one request"
    /** Without an id when one of the two is for the audience as a whole. */
    | "outstanding together"
    /** The worst that indexing in any order may do, found without waiting for it to happen. */
    | "accepted while another action for the id was not applied"
    /** The same: what was accepted later may be applied before it, and is lost then. */
    | "accepted while a replace of the audience was not applied"
    | "accepted while a remove of the audience was not applied"
    /** What was accepted before a replace or a remove may be applied after it. Only with `supersedes: false`. */
    | "replaced or removed while an earlier request was not applied"
    | "too fast";
  /** The requests involved. */
  requests: readonly number[];
  id?: string;
}

export interface Counts {
  requests: number;
  updates: number;
  views: number;
  /** Requests that the server has promised to apply. */
  accepted: number;
  /** Answered with 429, whatever the reason. */
  throttled: number;
  /** All other faults, seeded or scripted. */
  faults: number;
}
