import type { AudienceAction, AudienceMember } from "./actions/action.ts";
import { type CreateOptions, checkCreate, create } from "./audiences/create.ts";
import { deleteAudience } from "./audiences/delete.ts";
import { checkList, type ListOptions, list } from "./audiences/list.ts";
import { type ReplaceOptions, resolveReplaceOptions } from "./audiences/replace.ts";
import { type ViewOptions, view } from "./audiences/view.ts";
import { checkWrite, type WriteOptions, type WriteReceipt } from "./audiences/write.ts";
import type { AppliedState } from "./indexing/indexing-state.ts";
import { PendingRequests } from "./indexing/pending-requests.ts";
import { SketchMemory } from "./indexing/sketch-memory.ts";
import { type WaitOptions, waitForTokens } from "./indexing/wait-for-tokens.ts";
import {
  type AudienceClientOptions,
  assertAudience,
  destinationOf,
  type ResolvedClientOptions,
  resolveClientOptions,
} from "./options.ts";
import type { Runtime } from "./runtime.ts";
import { type AudienceHttp, type AudienceView, createHttp } from "./transport/http.ts";
import { dryRunTransport, HttpTransport } from "./transport/transport.ts";
import { AudienceTurns, type Turn } from "./update/audience-turns.ts";
import type { UpdateReport } from "./update/report.ts";
import { runUpdate } from "./update/run-update.ts";
import {
  type ResolvedUpdateOptions,
  resolveUpdateOptions,
  type UpdateOptions,
} from "./update/update-options.ts";
import { type Source, SourceReader } from "./window/source.ts";

export interface AudienceClient {
  /**
   * Brings the audience to the state of the last action of each id in the source.
   *
   * Rejects with `InvalidActionError` if an action is invalid and nothing was sent, with `UpdateError` if the update began and
   * ended early, and with `ConfigurationError`. The first two hand back what was read and not delivered. The `cause` of an
   * `UpdateError` is an `InvalidActionError` if an action is invalid and an earlier window was sent.
   */
  update(audience: string, actions: Source<AudienceAction>, options?: UpdateOptions): Promise<UpdateReport>;
  /**
   * Makes the audience exactly this list: one request replaces what is on it by the first 10,000 members; once that is applied,
   * the others are added. Until the last add is applied the audience holds only a part of the list. Of several members with one
   * id the last counts. Reports, errors and options are those of `update`. `resumeFrom` takes up a run that was cut off.
   */
  replace(audience: string, members: Source<AudienceMember>, options?: ReplaceOptions): Promise<UpdateReport>;
  /**
   * Creates the audience, which `update` needs. Rejects with `AudienceExistsError` if there is one of that name, and with
   * `ApiError`, `ConnectionError` or `TimeoutError`.
   */
  create(audience: string, options?: CreateOptions): Promise<WriteReceipt>;
  /** Deletes the audience as a whole. Campaigns that target it reach nobody. */
  delete(audience: string, options?: WriteOptions): Promise<WriteReceipt>;
  /** All audiences of the project, asked for page by page as they are iterated. */
  list(options?: ListOptions): AsyncIterable<AudienceView>;
  /** The audience as the API returns it. Rejects with `ApiError`, `ConnectionError` or `TimeoutError`. */
  view(audience: string, options?: ViewOptions): Promise<AudienceView>;
  /**
   * Polls until each accepted request is applied, with as few requests as it can.
   *
   * Rejects with `NotAppliedError` when nothing has changed for `timeoutMs`, with `ApiError` if the API refuses a poll,
   * and with the signal's reason.
   */
  waitUntilApplied(
    audience: string,
    indexingTokens: Iterable<string>,
    options?: WaitOptions,
  ): Promise<Record<string, AppliedState>>;
  /**
   * openapi-fetch, typed by the vendor's document, for what the other methods do not cover. It has this client's rate and
   * timeout, and repeats nothing. A 429 makes all requests of this client wait.
   */
  readonly http: AudienceHttp;
  /** A hash of the base URL, without its version, and the project key: for those who store something about an audience. */
  readonly destination: string;
}

/** What the calls of a client share. */
interface Core {
  options: ResolvedClientOptions;
  runtime: Runtime;
  transport: HttpTransport;
  turns: AudienceTurns;
}

export function createAudienceClient(clientOptions: AudienceClientOptions): AudienceClient {
  const options = resolveClientOptions(clientOptions);
  const { runtime } = options;
  const transport = new HttpTransport(options, runtime);
  const core = { options, runtime, transport, turns: new AudienceTurns() };
  const http = createHttp(options, (request) => transport.fetch(request));
  return { ...createUpdates(core), ...createAudiences(core), http, destination: destinationOf(options) };
}

/** The calls that deliver a source, and wait for what was delivered. */
function createUpdates(core: Core): Pick<AudienceClient, "update" | "replace" | "waitUntilApplied"> {
  const { options, runtime, transport, turns } = core;

  function run(
    audience: string,
    source: SourceReader,
    settings: ResolvedUpdateOptions,
    replace?: { allowEmpty: boolean },
  ): Promise<UpdateReport> {
    const { baseUrl, projectKey, maxInFlight } = options;
    const shared = { transport, runtime, maxInFlight, replace, destination: { baseUrl, projectKey } };
    if (settings.dryRun) {
      const turn: Turn = {
        pending: new PendingRequests(new SketchMemory()),
        failedBefore: [],
        callsBehind: 0,
      };
      return runUpdate(audience, source, settings, { ...shared, transport: dryRunTransport, turn });
    }
    const { signal, resumeFrom } = settings;
    return turns.run(audience, signal, (turn) => {
      // Also if this call is aborted before it begins: the next call has to wait for these tokens.
      if (resumeFrom !== undefined) turn.pending.resume(resumeFrom.indexingTokens ?? [], runtime.now());
      return runUpdate(audience, source, settings, { ...shared, turn });
    });
  }

  return {
    async update(audience, actions, options) {
      assertAudience(audience);
      const settings = resolveUpdateOptions(options);
      return run(audience, readerOf(actions, settings), settings);
    },

    async replace(audience, members, options) {
      assertAudience(audience);
      const { settings, replace } = resolveReplaceOptions(options);
      return run(audience, readerOf(members, settings), settings, replace);
    },

    async waitUntilApplied(audience, indexingTokens, options = {}) {
      assertAudience(audience);
      const states = await waitForTokens(audience, indexingTokens, options, transport, runtime);
      turns.applied(audience, states.keys());
      return Object.fromEntries(states);
    },
  };
}

/** A run that resumes from spilled actions leaves its source alone. */
function readerOf(source: unknown, { spill, resumeFrom }: ResolvedUpdateOptions): SourceReader {
  return new SourceReader(spill !== undefined && resumeFrom?.spilled !== undefined ? [] : source);
}

/** The calls for audiences as a whole. Those that write take turns with `update`. */
function createAudiences({
  options,
  runtime,
  transport,
  turns,
}: Core): Pick<AudienceClient, "create" | "delete" | "list" | "view"> {
  const policy = options.retry;
  return {
    async create(audience, options = {}) {
      checkCreate(audience, options);
      return turns.run(audience, options.signal, (turn) =>
        create(audience, options, { transport, runtime, turn, policy }),
      );
    },

    async delete(audience, options = {}) {
      checkWrite(audience, options);
      return turns.run(audience, options.signal, async (turn) => {
        const receipt = await deleteAudience(audience, options, { transport, runtime, turn, policy });
        for (const undelivered of turn.failedBefore) undelivered.leaveOut("any");
        return receipt;
      });
    },

    list(options = {}) {
      checkList(options);
      return list(options, transport);
    },

    view: async (audience, options = {}) => view(audience, options, transport),
  };
}
