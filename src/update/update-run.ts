import type { ActionIssue } from "../actions/action.ts";
import type { ApiError } from "../errors.ts";
import type { PendingIds } from "../indexing/pending-requests.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import { type Chunk, type ChunkLimits, Envelope } from "../window/chunk.ts";
import type { RecordListener } from "../window/record-listener.ts";
import type { SourceReader } from "../window/source.ts";
import { recordAt, type SpillListener } from "../window/spill.ts";
import type { WindowSource } from "../window/window-source.ts";
import { Callbacks } from "./callbacks.ts";
import { createReader } from "./create-reader.ts";
import type { Outcome } from "./outcome.ts";
import type { OutgoingWindow } from "./outgoing-window.ts";
import { Refusals } from "./refusals.ts";
import type { Checkpoint, Receipt, UpdateProgress, UpdateReport } from "./report.ts";
import { ReportLists } from "./report-lists.ts";
import type { RunContext } from "./run-context.ts";
import { RunWindows } from "./run-windows.ts";
import { StopSignals } from "./stop-signals.ts";
import { Traffic } from "./traffic.ts";
import { handBack, type Undelivered } from "./undelivered.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";

/** The state of one update. Only this class changes it. Only `apply` counts what became of a chunk. */
export class UpdateRun implements RecordListener, SpillListener {
  readonly audience: string;
  readonly options: ResolvedUpdateOptions;
  readonly context: RunContext;
  readonly reader: WindowSource;
  readonly windows: RunWindows;
  readonly callbacks: Callbacks;
  readonly signals = new StopSignals();
  readonly #envelope: Envelope;
  readonly #startedAt: number;
  readonly #throttledBefore: number;
  readonly #counts = { received: 0, superseded: 0, rejected: 0, accepted: 0 };
  readonly #traffic = new Traffic();
  readonly #lists = new ReportLists();
  readonly #refusals: Refusals;
  /** Actions of failed chunks. They stay in their window. */
  #failedIds = 0;
  readonly #limits: ChunkLimits;
  #mustReplace: boolean;

  constructor(audience: string, source: SourceReader, options: ResolvedUpdateOptions, context: RunContext) {
    this.audience = audience;
    this.options = options;
    this.context = context;
    this.#startedAt = context.runtime.now();
    this.#throttledBefore = context.transport.limiter.throttledMs;
    this.#limits = { ids: options.maxIdsPerRequest, bytes: options.maxBytesPerRequest };
    this.#mustReplace = context.replace !== undefined && options.resumeFrom?.replaced !== true;
    this.#envelope = new Envelope(audience);
    this.#refusals = new Refusals(options.resumeFrom?.refused ?? []);
    this.callbacks = new Callbacks(options, this.signals);
    this.reader = createReader(source, this, this.#limits, this.#envelope);
    this.windows = new RunWindows(this.reader, this.#envelope);
  }

  onResumed(actions: number): void {
    this.#counts.received += actions;
  }

  onReadBack(id: string): void {
    if (this.#refusals.size > 0 && this.#refusals.supersede(id)) this.#counts.superseded++;
  }

  onTaken(id: string): void {
    this.#counts.received++;
    this.onReadBack(id);
  }

  onSuperseded(): void {
    this.#counts.superseded++;
  }

  onInvalid(issues: ActionIssue[], record: unknown): Promise<void> | undefined {
    this.#counts.received++;
    this.#counts.rejected++;
    return issues.map((issue) => this.#reject(issue, record)).at(-1);
  }

  onWarning(reason: string, index: number, id: string, path: string): void {
    this.#lists.warn(reason, { index, id, path });
  }

  onAudienceBusy(): void {
    const what = `the audience was still busy after ${this.options.busyTimeoutMs} ms of waiting`;
    this.#lists.warn(`${what}: a late request could undo a later action for its ids`);
  }

  /** `chunk` is the one that is sent. A poll has none. */
  onTransport(event: TransportEvent, chunk?: Chunk): void {
    // Read, and not only listened to: in a process that was suspended, the timer that aborts it may be overdue.
    if (event.kind === "attempt") this.options.signal?.throwIfAborted();
    if (chunk === undefined) this.#traffic.countPoll(event);
    else this.#traffic.countUpdate(event, chunk.bytes);
    if (event.kind === "throttled") this.reportProgress();
  }

  /** `active`: how many chunks of the window are being sent. */
  nextChunk(outgoing: OutgoingWindow, active: number): Chunk | undefined {
    if (this.signals.stopped !== undefined || this.suspectsAll) return undefined;
    if (active > 0 && this.#refusals.isOneByOne(this.#counts.accepted)) return undefined;
    return outgoing.next(this.#limits);
  }

  /** Whether the request that replaces the audience is still to be sent. There is one in a run. */
  get mustReplace(): boolean {
    return this.#mustReplace;
  }

  get suspectsAll(): boolean {
    return this.#refusals.suspectAll(this.#counts.accepted);
  }

  /** Stops the run: every record that was tried alone was refused. */
  stopRefused(): void {
    this.signals.stop(this.#refusals.lastError);
  }

  /** Counts what became of a chunk. Resolves when the callbacks for it have ended. */
  async apply(outgoing: OutgoingWindow, chunk: Chunk, outcome: Outcome, inDoubt: boolean): Promise<void> {
    const { turn, runtime } = this.context;
    // A dry run leaves nothing to be waited for. A replacement is about every id.
    const ids = this.#mustReplace ? "any" : outgoing.sketchedIds(chunk);
    if (inDoubt && !this.options.dryRun) turn.pending.addDoubt(ids, runtime.now());
    const calls: (Promise<void> | undefined)[] = [];
    switch (outcome.kind) {
      case "accepted":
        calls.push(...this.#accept(outgoing, chunk, ids, outcome));
        break;
      case "refused alone":
        calls.push(this.#refuse(outgoing, outgoing.buffer.slots(chunk)[0]!, outcome.error));
        break;
      case "split": {
        const [first, second] = outgoing.split(chunk);
        const largest = Math.max(first.bytes, second.bytes);
        // Larger chunks would get the same answer.
        if (outcome.tooLarge) this.#limits.bytes = Math.min(this.#limits.bytes, largest);
        else this.#refusals.noteSplit();
        break;
      }
      case "failed":
      case "unsent":
        if (outcome.kind === "failed") this.#failedIds += chunk.ids;
        this.signals.stop(outcome.error);
        break;
    }
    await Promise.all([...calls, this.reportProgress()]);
  }

  reportProgress(): Promise<void> | undefined {
    return this.callbacks.call("onProgress", () => [this.progress()]);
  }

  progress(): UpdateProgress {
    const { limiter } = this.context.transport;
    return {
      audience: this.audience,
      ...this.#counts,
      failed: this.#failedIds + this.#refusals.failed,
      unsent: this.windows.size - this.#failedIds,
      ...this.#traffic.counts,
      throttledMs: limiter.throttledMs - this.#throttledBefore,
      throttledForMs: limiter.throttledForMs,
      elapsedMs: this.context.runtime.now() - this.#startedAt,
      checkpoint: this.#checkpoint(),
    };
  }

  report(): UpdateReport {
    const { throttledForMs: _, ...progress } = this.progress();
    return { ...progress, ...this.#lists.all };
  }

  /** What ended the run early. At its end, a dead letter counts too. */
  get endedBy(): { cause: unknown } | undefined {
    if (this.signals.stopped !== undefined || this.#refusals.size === 0) return this.signals.stopped;
    return { cause: this.#refusals.lastError };
  }

  /** `directory`: where those are that are not in memory. */
  undelivered(directory: string | undefined): Undelivered {
    return handBack(this.#refusals.actions, this.windows.seal(), directory);
  }

  #checkpoint(): Checkpoint {
    const { dryRun, resumeFrom, betweenWindows, wait } = this.options;
    if (dryRun) return { records: 0, ...resumeFrom };
    const { isComplete, isFlowing } = this.windows;
    const isDone = this.signals.stopped === undefined && isComplete;
    const isLastWait = isComplete && wait;
    const needsNoTokens = isDone || betweenWindows === "accepted" || isFlowing;
    const tokens = needsNoTokens && !isLastWait ? [] : this.context.turn.pending.tokens;
    const refused = this.#refusals.actions;
    return {
      ...this.windows.position,
      ...(tokens.length > 0 && { indexingTokens: tokens }),
      ...(refused.length > 0 && { refused }),
      ...(this.context.replace !== undefined && !this.#mustReplace && { replaced: true as const }),
    };
  }

  #accept(
    outgoing: OutgoingWindow,
    chunk: Chunk,
    ids: PendingIds,
    { token, attempts, refused, unexpected }: Extract<Outcome, { kind: "accepted" }>,
  ): (Promise<void> | undefined)[] {
    const { turn, runtime } = this.context;
    const slots = refused.size > 0 || unexpected !== "" ? outgoing.buffer.slots(chunk) : [];
    if (unexpected !== "") {
      const index = recordAt(outgoing.buffer.recordAt(slots[0]!));
      this.onWarning("a 202 with unexpected fields", index, "", unexpected);
    }
    if (token !== undefined) turn.pending.addToken(token, ids, runtime.now());
    this.#mustReplace = false;
    const tokens = token === undefined ? {} : { indexingToken: token };
    const receipt: Receipt = { ids: chunk.ids, bytes: chunk.bytes, attempts, ...tokens };
    this.#lists.addReceipt(receipt);
    const calls = [...refused].map(([place, error]) => this.#refuse(outgoing, slots[place]!, error));
    // Read before they are removed, and only where a call has failed: it takes parsing.
    const newer = ids === "any" ? ids : turn.failedBefore.length === 0 ? [] : outgoing.ids(chunk);
    outgoing.buffer.remove(chunk);
    this.#counts.accepted += chunk.ids - refused.size;
    for (const undelivered of turn.failedBefore) undelivered.leaveOut(newer);
    return [...calls, this.callbacks.call("onReceipt", () => [receipt])];
  }

  #refuse(outgoing: OutgoingWindow, slot: number, error: ApiError): Promise<void> | undefined {
    const { index, action } = outgoing.take(slot);
    const isSuperseded = this.windows.hasRead(action.id);
    if (isSuperseded) this.#counts.superseded++;
    this.#refusals.add(action, error, isSuperseded);
    if (this.#refusals.refused >= this.options.maxRefused) this.signals.stop(error);
    const issue = { index, id: action.id, path: "", reason: error.errorMessage || error.message };
    return this.#reject(issue, action);
  }

  #reject(issue: ActionIssue, record: unknown): Promise<void> | undefined {
    this.#lists.addRejection(issue);
    return this.callbacks.call("onRejected", () => [issue, record]);
  }
}
