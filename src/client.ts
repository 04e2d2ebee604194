import type { AudienceAction } from "./actions/action.ts";
import { Unsettled } from "./indexing/pending-requests.ts";
import { type AppliedState, DEFAULT_WAIT_MS, type Poll, poll } from "./indexing/wait-until-applied.ts";
import { type AudienceClientOptions, checkAudience, expect, readConfig } from "./options.ts";
import { type Runtime, systemRuntime, untilAborted } from "./runtime.ts";
import { type AudienceHttp, type AudienceView, createApi, createHttp } from "./transport/http.ts";
import { Pacer } from "./transport/rate-limiter.ts";
import { errorOf, exchange, type Line } from "./transport/send-with-retry.ts";
import type { UpdateReport } from "./update/report.ts";
import { runUpdate } from "./update/run-update.ts";
import { expectSignal, readUpdateOptions, type UpdateOptions } from "./update/update-options.ts";
import { openSource, type Source } from "./window/source.ts";

export interface ViewOptions {
  /** Asks for the indexing of this request. */
  indexingToken?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  /** In milliseconds. Default 900,000: the API promises no time. */
  timeoutMs?: number | undefined;
  /** Called after each answer. */
  onPoll?: ((poll: Poll) => void) | undefined;
}

export interface AudienceClient {
  /**
   * Brings the audience to the state of the last action of each id in the source.
   *
   * Rejects with `InvalidActionError` if an action cannot be sent and nothing was, with `UpdateError` if the update began and
   * did not reach its end, and with `ConfigurationError`. The first two hand back what was read and not delivered.
   */
  update(audience: string, actions: Source<AudienceAction>, options?: UpdateOptions): Promise<UpdateReport>;
  /** The audience as the API returns it. Rejects with `ApiError`, `ConnectionError` or `TimeoutError`. */
  view(audience: string, options?: ViewOptions): Promise<AudienceView>;
  /**
   * Waits until each accepted request is applied, with as few looks as it can.
   *
   * Rejects with `NotAppliedError` when the time is up, with `ApiError` if the API refuses to tell, and with the signal's
   * reason.
   */
  waitUntilApplied(
    audience: string,
    indexingTokens: Iterable<string>,
    options?: WaitOptions,
  ): Promise<Record<string, AppliedState>>;
  /** openapi-fetch, typed by the vendor's document, at this client's pace: for what the facade does not cover. */
  readonly http: AudienceHttp;
}

export function createAudienceClient(options: AudienceClientOptions): AudienceClient {
  return createClient(options, systemRuntime);
}

/** The same, with the world passed in. */
export function createClient(options: AudienceClientOptions, runtime: Runtime): AudienceClient {
  const config = readConfig(options);
  const pacer = new Pacer({ ...config, ...config.retry }, runtime);
  const line: Line = { config, runtime, pacer, api: createApi(config, runtime) };
  /** By audience, for as long as there is something to know. */
  const lastUpdates = new Map<string, Promise<unknown>>();
  const unsettledOf = new Map<string, Unsettled>();

  /** After every update of the audience that was called before, whatever became of those. */
  function inTurn<T>(audience: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    const before = lastUpdates.get(audience) ?? Promise.resolve();
    // Once aborted it need not wait: it starts nothing.
    const mine = untilAborted(before, signal).then(run, run);
    const both = Promise.allSettled([before, mine]).then(() => {
      if (lastUpdates.get(audience) === both) lastUpdates.delete(audience);
      forgetSettled(audience);
    });
    lastUpdates.set(audience, both);
    return mine;
  }

  /** Not while an update runs or waits for its turn: what it will leave is for the next one to know. */
  function forgetSettled(audience: string): void {
    if (!lastUpdates.has(audience) && unsettledOf.get(audience)?.isEmpty) unsettledOf.delete(audience);
  }

  return {
    async update(audience, actions, options) {
      checkAudience(audience);
      const read = readUpdateOptions(options);
      const source = openSource(actions);
      if (read.dryRun) {
        const unpaced = new Pacer(
          { ...config, ...config.retry, requestsPerSecond: Number.POSITIVE_INFINITY },
          runtime,
        );
        return runUpdate(audience, source, read, { ...line, pacer: unpaced }, new Unsettled());
      }
      return inTurn(audience, read.signal, async () => {
        const unsettled = unsettledOf.get(audience) ?? new Unsettled();
        unsettledOf.set(audience, unsettled);
        if (read.resumeFrom !== undefined) {
          unsettled.resume(read.resumeFrom.indexingTokens ?? [], runtime.now());
        }
        return runUpdate(audience, source, read, line, unsettled);
      });
    },

    async view(audience, { indexingToken, signal } = {}) {
      checkAudience(audience);
      expectSignal(signal);
      const forever = signal ?? new AbortController().signal;
      const look = () => line.api.view(audience, indexingToken, forever);
      const route = "GET /audiences/view";
      const { response, attempts } = await exchange(route, look, line, { halt: signal });
      if (response.status !== 200) throw errorOf(response, route, attempts, line);
      return (response.body ?? {}) as AudienceView;
    },

    async waitUntilApplied(audience, indexingTokens, { signal, timeoutMs = DEFAULT_WAIT_MS, onPoll } = {}) {
      checkAudience(audience);
      expectSignal(signal);
      const isTime = typeof timeoutMs === "number" && timeoutMs >= 0;
      expect("timeoutMs", isTime, "milliseconds from 0, or Infinity", timeoutMs);
      const tokens = checkTokens(indexingTokens);
      const states = await poll(audience, tokens, line, { signal, timeoutMs, onPoll });
      const unsettled = unsettledOf.get(audience);
      for (const token of tokens) unsettled?.tokens.delete(token);
      forgetSettled(audience);
      return Object.fromEntries(states);
    },

    http: createHttp(config, (request) => pacer.run(request.signal, () => config.fetch(request))),
  };
}

function checkTokens(tokens: Iterable<string>): string[] {
  const isList = typeof tokens === "object" && tokens !== null && Symbol.iterator in tokens;
  expect("indexingTokens", isList, "a list of tokens", tokens);
  const list = [...tokens];
  const isToken = (token: unknown) => typeof token === "string" && token !== "";
  expect(
    "indexingTokens",
    list.every(isToken),
    "a list of non-empty strings",
    list.find((token) => !isToken(token)),
  );
  return list;
}
