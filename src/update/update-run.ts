import type { ActionIssue } from "../actions/action.ts";
import { ApiError } from "../errors.ts";
import type { PendingRequests } from "../indexing/pending-requests.ts";
import type { Runtime } from "../runtime.ts";
import type { TransportEvent } from "../transport/send-with-retry.ts";
import type { Transport } from "../transport/transport.ts";
import { type Chunk, type ChunkLimits, Envelope } from "../window/chunk.ts";
import type { SourceReader } from "../window/source.ts";
import { type RecordListener, WindowReader } from "../window/window-reader.ts";
import { Callbacks } from "./callbacks.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Outcome } from "./outcome.ts";
import { OutgoingWindow } from "./outgoing-window.ts";
import type { Checkpoint, Receipt, UpdateProgress, UpdateReport } from "./report.ts";
import { StopSignals } from "./stop-signals.ts";
import { UndeliveredActions } from "./undelivered.ts";
import { toUpdateError } from "./update-error.ts";
import type { ResolvedUpdateOptions } from "./update-options.ts";
import { Warnings } from "./warnings.ts";

/** What a run works with, besides its source and its options. */
export interface RunContext {
  transport: Transport;
  pending: PendingRequests;
  runtime: Runtime;
}

const MAX_REJECTIONS = 100;
/** If so many single records are refused and none was accepted, the audience or the account may be at fault. */
const MIN_REFUSED_TO_SUSPECT = 5;

/** The state of one update. Nothing else changes it, and `apply` alone counts what became of a chunk. */
export class UpdateRun implements RecordListener {
  readonly audience: string;
  readonly options: ResolvedUpdateOptions;
  readonly context: RunContext;
  readonly reader: WindowReader;
  readonly callbacks: Callbacks;
  readonly signals = new StopSignals();
  readonly #envelope: Envelope;
  readonly #startedAt: number;
  readonly #throttledBefore: number;
  readonly #counts = { received: 0, superseded: 0, rejected: 0, accepted: 0 };
  readonly #traffic = { requests: 0, retries: 0, polls: 0, bytes: 0 };
  readonly #receipts: Receipt[] = [];
  readonly #rejections: ActionIssue[] = [];
  readonly #warnings = new Warnings();
  readonly #deadLetters: DeadLetters;
  /** Actions of failed chunks. They stay in their window. */
  #failedIds = 0;
  /** A chunk was refused and split. */
  #meetsRefusals = false;
  readonly #limits: ChunkLimits;
  #outgoing: OutgoingWindow | undefined;

  constructor(audience: string, source: SourceReader, options: ResolvedUpdateOptions, context: RunContext) {
    this.audience = audience;
    this.options = options;
    this.context = context;
    this.#startedAt = context.runtime.now();
    this.#throttledBefore = context.transport.limiter.throttledMs;
    this.#limits = { ids: options.maxIdsPerRequest, bytes: options.maxBytesPerRequest };
    this.#envelope = new Envelope(audience);
    this.#deadLetters = new DeadLetters(options.resumeFrom?.refused ?? []);
    this.callbacks = new Callbacks(options, this.signals);
    const readerOptions = {
      ...options,
      skip: options.resumeFrom?.records ?? 0,
      halt: this.signals.halt,
      maxBytesPerAction: options.maxBytesPerRequest - this.#envelope.bytes,
    };
    this.reader = new WindowReader(source, readerOptions, this, context.runtime);
  }

  onTaken(id: string): void {
    this.#counts.received++;
    if (this.#deadLetters.size > 0 && this.#deadLetters.supersede(id)) this.#counts.superseded++;
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
    this.#warnings.add(reason, { index, id, path });
  }

  onAudienceBusy(): void {
    const what = `the audience was still busy ${this.options.busyTimeoutMs} ms after an answer was lost`;
    this.#warnings.add(`${what}: a late request could undo a later action for its ids`);
  }

  /** Of a chunk that is sent, or of a look at what is applied. */
  onTransport(event: TransportEvent, chunk?: Chunk): void {
    if (event.kind === "throttled") this.reportProgress();
    else if (chunk === undefined) this.#traffic.polls += event.kind === "attempt" ? 1 : 0;
    else if (event.kind === "retry") this.#traffic.retries++;
    else {
      this.#traffic.requests++;
      this.#traffic.bytes += chunk.bytes;
    }
  }

  /** The window that was read goes out. */
  beginWindow(): OutgoingWindow {
    this.#outgoing = new OutgoingWindow(this.reader.takeWindow(), this.#envelope);
    return this.#outgoing;
  }

  /** What was not accepted stays, to be handed back. */
  endWindow(): void {
    if (this.#outgoing?.buffer.size === 0) this.#outgoing = undefined;
  }

  /** `active` chunks are being sent. */
  nextChunk(active: number): Chunk | undefined {
    if (this.signals.stopped !== undefined || this.suspectsAll) return undefined;
    // Until something is accepted, halves go out one by one: if all is refused, that shows after the fewest requests.
    if (this.#meetsRefusals && this.#counts.accepted === 0 && active > 0) return undefined;
    return this.#outgoing!.next(this.#limits);
  }

  /** Whether the refusals may be about the audience or the account, not about records. */
  get suspectsAll(): boolean {
    return this.#counts.accepted === 0 && this.#deadLetters.refused >= MIN_REFUSED_TO_SUSPECT;
  }

  /** Every record that was tried alone was refused. */
  stopRefused(): void {
    this.signals.stop(this.#deadLetters.lastError);
  }

  /** Counts what became of a chunk. Resolves when the callbacks for it have ended. */
  async apply(chunk: Chunk, outcome: Outcome, inDoubt: boolean): Promise<void> {
    const outgoing = this.#outgoing!;
    const { pending, runtime } = this.context;
    if (inDoubt) pending.addDoubt(outgoing.ids(chunk), runtime.now());
    const calls: (Promise<void> | undefined)[] = [];
    switch (outcome.kind) {
      case "accepted":
        calls.push(...this.#accept(outgoing, chunk, outcome));
        break;
      case "refused alone": {
        const reason = outcome.error.errorMessage || outcome.error.message;
        const [slot] = outgoing.buffer.slots(chunk) as [number];
        calls.push(this.#refuse(outgoing, slot, reason, outcome.error));
        break;
      }
      case "split": {
        const [first, second] = outgoing.split(chunk);
        const largest = Math.max(first.bytes, second.bytes);
        // What follows would only meet the same answer.
        if (outcome.tooLarge) this.#limits.bytes = Math.min(this.#limits.bytes, largest);
        else this.#meetsRefusals = true;
        break;
      }
      case "failed":
        this.#failedIds += chunk.ids;
        this.signals.stop(outcome.error);
        break;
      case "unsent":
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
      failed: this.#failedIds + this.#deadLetters.failed,
      unsent: this.#held - this.#failedIds,
      ...this.#traffic,
      throttledMs: limiter.throttledMs - this.#throttledBefore,
      throttledForMs: limiter.throttledForMs,
      elapsedMs: this.context.runtime.now() - this.#startedAt,
      checkpoint: this.#checkpoint(),
    };
  }

  /** The report, or the error that ended the run. */
  finish(): UpdateReport {
    const { throttledForMs: _, ...progress } = this.progress();
    const { received, superseded, rejected, accepted, failed, unsent } = progress;
    const report: UpdateReport = {
      ...progress,
      receipts: this.#receipts,
      indexingTokens: this.#receipts.flatMap(({ indexingToken }) => indexingToken ?? []),
      rejections: this.#rejections,
      warnings: this.#warnings.list,
    };
    if (received !== superseded + rejected + accepted + failed + unsent) {
      this.signals.stop(new Error("the counts of the report do not add up: please report this bug"));
    }
    if (this.#deadLetters.size > 0) this.stopRefused();
    const { stopped } = this.signals;
    if (stopped === undefined) return report;
    const refused = this.#deadLetters.actions;
    const held = [this.#outgoing?.buffer, ...this.reader.windows.map((window) => window.seal())];
    const undelivered = new UndeliveredActions([
      { size: refused.length, actions: () => refused },
      ...held.filter((buffer) => buffer !== undefined),
    ]);
    throw toUpdateError(stopped.cause, { report, undelivered });
  }

  get #held(): number {
    const sending = this.#outgoing?.buffer.size ?? 0;
    return this.reader.windows.reduce((sum, { size }) => sum + size, sending);
  }

  #checkpoint(): Checkpoint {
    const { dryRun, resumeFrom, betweenWindows } = this.options;
    if (dryRun) return { records: resumeFrom?.records ?? 0 };
    const records = this.#outgoing?.buffer.firstRecord ?? this.reader.windows[0]!.start;
    const isComplete = this.signals.stopped === undefined && this.reader.isEmpty && this.#held === 0;
    const tokens = isComplete || betweenWindows === "accepted" ? [] : this.context.pending.tokens;
    const refused = this.#deadLetters.actions;
    return {
      records,
      ...(tokens.length > 0 && { indexingTokens: tokens }),
      ...(refused.length > 0 && { refused }),
    };
  }

  #accept(
    outgoing: OutgoingWindow,
    chunk: Chunk,
    { token, attempts, refused, unexpected }: Extract<Outcome, { kind: "accepted" }>,
  ): (Promise<void> | undefined)[] {
    const { transport, pending, runtime } = this.context;
    const { buffer } = outgoing;
    const slots = refused.size + unexpected.length > 0 ? buffer.slots(chunk) : [];
    if (unexpected.length > 0) {
      const index = buffer.recordAt(slots[0]!);
      const names = transport.redact(unexpected.join(", "));
      this.onWarning("a 202 that says more than a token", index, "", names);
    }
    const receipt: Receipt = { ids: chunk.ids, bytes: chunk.bytes, attempts };
    if (token !== undefined) {
      receipt.indexingToken = token;
      pending.addToken(token, runtime.now());
    }
    this.#receipts.push(receipt);
    const calls = [...refused].map(([place, given]) => {
      const reason = transport.redact(given);
      const message = `Batch accepted a request, but refused one of its records: ${reason}`;
      const error = new ApiError(message, { status: 202, errorMessage: reason, attempts });
      return this.#refuse(outgoing, slots[place]!, reason, error);
    });
    buffer.remove(chunk);
    this.#counts.accepted += chunk.ids - refused.size;
    return [...calls, this.callbacks.call("onReceipt", () => [receipt])];
  }

  #refuse(
    outgoing: OutgoingWindow,
    slot: number,
    reason: string,
    error: ApiError,
  ): Promise<void> | undefined {
    const { index, action } = outgoing.take(slot);
    const isSuperseded = this.reader.windows.some((window) => window.has(action.id));
    if (isSuperseded) this.#counts.superseded++;
    this.#deadLetters.add(action, error, isSuperseded);
    if (this.#deadLetters.refused >= this.options.maxRefused) this.signals.stop(error);
    return this.#reject({ index, id: action.id, path: "", reason }, action);
  }

  #reject(issue: ActionIssue, record: unknown): Promise<void> | undefined {
    if (this.#rejections.length < MAX_REJECTIONS) this.#rejections.push(issue);
    return this.callbacks.call("onRejected", () => [issue, record]);
  }
}
