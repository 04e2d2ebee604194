// What a fake can be asked to do, and what it records.

import type { Runtime } from "../runtime.ts";
import type { Refusal } from "./answers.ts";
import type { FaultRates, Scripted } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Action, IndexingState, StateOptions } from "./state.ts";

/** Counted in requests that the fake receives on any route, or in milliseconds. */
export type Span = { requests: number } | { ms: number };

/** A message refuses the action. `false` and `undefined` do not, so that `action.id === "bad" && "Malformed id"` will do. */
export type Refuse = (action: Action) => string | false | undefined;

/** What most tests need. `FakeQuirks` has what the API may do besides. */
export interface FakeBatchOptions extends FakeQuirks {
  /** Decides everything that is left to chance: the same seed and the same calls give the same run. Default 1. */
  seed?: number | undefined;

  /**
   * The longest that an accepted request may wait to be applied; each waits for a random part of it, `IN_PROGRESS` meanwhile.
   * Default `{ requests: 0 }`: all is applied at once.
   */
  indexLag?: Span | undefined;
  /** The probability of each fault, per request on any route, such as `{ reset: 0.05 }`. Default: none. */
  faults?: FaultRates | undefined;
  /** A message refuses every request that holds this action, as a whole. The API does not say which action it was. */
  refuse?: Refuse | undefined;

  /**
   * The allowed rate, over all routes. A request that comes sooner is answered with 429, and is a violation. Default: 1, as the
   * API has it, in the fake's virtual time; in real time `Infinity`, no limit.
   */
  requestsPerSecond?: number | undefined;
  /** How many requests may come at once after a pause. Default 2. */
  burst?: number | undefined;
  /** Time from the work to its answer, in milliseconds. Default 0. */
  latencyMs?: number | ((random: Random) => number) | undefined;
  /** Larger bodies are answered with 413. Default `Infinity`: the API documents no limit. */
  maxBodyBytes?: number | undefined;

  /**
   * The audiences that there are at first. Default: each that there is a name for; those that are created or written to are
   * listed, and one that was removed has to be created again.
   */
  audiences?: readonly string[] | undefined;
  /** The only keys that are accepted. Default: any. */
  restKey?: string | undefined;
  projectKey?: string | undefined;

  /**
   * Forced answers for the first requests, in their order, or decided for each. `undefined` leaves a request to `faults`. For a
   * few requests, `throttleNext`, `failNext` and the like are shorter.
   */
  script?: readonly (Scripted | undefined)[] | ((request: RequestEntry) => Scripted | undefined) | undefined;
  /** Called when a request's headers have arrived. What is not known yet of its entry is filled in later. */
  onRequest?: ((request: RequestEntry) => void) | undefined;
  /** Whether to record `requests`. Default true; a very long run should not. */
  log?: boolean | undefined;
  /** The time that the fake lives in. Default: virtual time of its own, and real time once it listens. */
  runtime?: Runtime | undefined;
}

/** What the API may do and its document does not exclude. A client has to live with each of it; few tests have to name it. */
export interface FakeQuirks {
  /** Default "random": each request waits for a random part of the lag. "fifo" applies them in the order of arrival. */
  order?: StateOptions["order"] | undefined;
  /** The share of faults that strike after the work was done, among those that can strike before or after. Default 0.5. */
  faultsAfterWork?: number | undefined;
  /**
   * How long after the end of its connection a request arrives that a `late…` fault strikes. Default `{ requests: 1 }`: the
   * next request learns nothing of it.
   */
  lateBy?: Span | undefined;
  /**
   * `Retry-After` of every 429, and of every 503 that carries one. Default: none, and "1". `date` is the server's, in
   * milliseconds since 1970.
   */
  retryAfter?: string | ((random: Random, date: number) => string | undefined) | undefined;
  /** How far the server's clock is ahead of the client's. When given, each answer has a `Date` header by that clock. */
  clockSkewMs?: number | undefined;
  /** Whether every refusal repeats the request's `Authorization` header in its message. Default false. */
  echo?: boolean | undefined;

  /** The status of what `refuse` refuses. Default 400. */
  refusedStatus?: 400 | 422 | undefined;
  /** A message refuses this action alone: the 202 names it, and it is not applied. */
  refuseRecord?: Refuse | undefined;
  /** A `Retry-After` answers the audience's requests with 503. */
  maintenance?: ((audience: string, request: RequestEntry) => string | undefined) | undefined;

  /** Answers what needs an audience that there is not, also a second remove. Default: 404. */
  whenMissing?: Refusal | ((request: RequestEntry) => Refusal | undefined) | undefined;
  /** Answers the creation of an audience that there is. Default: 400. "accept" changes nothing. */
  whenExists?: Refusal | "accept" | undefined;
  /** Answers a replace without ids. Default "accept": the audience is empty then. */
  whenNoIds?: Refusal | "accept" | undefined;
  /** The types that can be created. Default: `custom_ids`, `emails` and `install_ids`. */
  audienceTypes?: readonly string[] | undefined;
  /** Whether a created audience is unknown until its creation is applied. Default false: it is known at once. */
  unknownUntilCreated?: boolean | undefined;
  /**
   * Whether a replace or a remove, when it is applied, drops what was accepted before it and still waits. Default true. With
   * false that is applied all the same, later.
   */
  supersedes?: boolean | undefined;
  /** How many views of a token are answered with 404 before it is known. Default 0. */
  hiddenViews?: number | undefined;
  /** Whether another program's writes to the audience are still being indexed. A view without a token and a list show it. */
  busy?: ((audience: string, request: RequestEntry) => boolean) | undefined;
  /** How view and list name a state, of one token or of the audience as a whole. Default: as the document does. */
  nameState?: (state: IndexingState, audience: string, token: string | undefined) => string | undefined;
  /** Discards every body unread and accepts it, to measure clients by: no state, no rules. Default false. */
  drainOnly?: boolean | undefined;
}

/** A request as the fake has recorded it. */
export interface RequestEntry {
  /** Counted from 1 over all routes, in the order of arrival. */
  readonly number: number;
  /** Such as "POST /audiences/update": without the base path and the query. */
  readonly route: string;
  /** Outstanding from here, in milliseconds of the fake's clock ... */
  readonly at: number;
  /** ... to here. Not set while it is outstanding. */
  endedAt?: number;
  /** Of the body. */
  bytes: number;
  audience?: string;
  ids?: readonly string[];
  /** Whether the fake has promised to apply it. */
  accepted: boolean;
  /** The indexing token, also where its answer was lost. */
  token?: string;
  /** Not set when no answer was sent. */
  status?: number;
  /** What went wrong with it, by chance or because it was asked for. */
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
    | "too fast"
    /** In the address, another header or the body. Looked for if the key has 16 characters or more: a shorter one may be there by chance. */
    | "the REST key outside its header"
    /** With the key, to another server. */
    | "a redirect was followed";
  /** The requests involved, by their numbers. */
  requests: readonly number[];
  id?: string;
}

/** Counted also where `log` is false. */
export interface Counts {
  requests: number;
  updates: number;
  views: number;
  /** Requests that the fake has promised to apply. */
  accepted: number;
  /** Answered with 429, whatever the reason. */
  throttled: number;
  /** All other faults, seeded or scripted. */
  faults: number;
}
