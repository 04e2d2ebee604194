import type { ActionIssue } from "../actions/action.ts";
import { ActionEncoder, type EncodedAction } from "../actions/encoder.ts";
import { ConfigurationError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { FlushTimer } from "./flush-timer.ts";
import { Window } from "./last-action-per-id.ts";
import { InvalidActions, type RecordListener } from "./record-listener.ts";
import { isPromise, type SourceReader } from "./source.ts";
import type { HeldActions, SourcePosition, WindowSource } from "./window-source.ts";

const MAX_ISSUES = 100;
/** A source that never waits lets the event loop run at least this often. */
const YIELD_AFTER_MS = 10;
/** The clock is read once for so many records. Few, since one record may take long. */
const RECORDS_PER_CLOCK_CHECK = 16;

export interface WindowReaderOptions {
  records: "actions" | "members";
  /** Distinct ids of a window. */
  window: number;
  /** A window is closed once its oldest action has waited so long. */
  flushAfterMs: number;
  invalid: "throw" | "skip";
  /** How many records to skip: an earlier run is done with them. */
  skip: number;
  /** Largest action that a request has room for, in UTF-8 bytes. */
  maxBytesPerAction: number;
  /** Aborted once no more is to be read. */
  halt: AbortSignal;
}

/** Where actions go in place of a window. */
export interface ActionSink {
  append(action: EncodedAction, record: number): void;
}

/** From the source to full windows: reads, validates, and holds the last action per id. */
export class WindowReader implements WindowSource {
  readonly isDisjoint = false;
  readonly #source: SourceReader;
  readonly #options: WindowReaderOptions;
  readonly #listener: RecordListener;
  readonly #runtime: Runtime;
  readonly #encoder: ActionEncoder;
  readonly #issues: ActionIssue[] = [];
  /** Index of the next record. */
  #index = 0;
  #hasEnded = false;
  /** `halt.aborted`, cached: the getter is slow. */
  #isHalted = false;
  #full: Window | undefined;
  #filling: Window;
  #sink: ActionSink | undefined;
  #yieldedAt = 0;
  readonly #flush: FlushTimer;
  #isReading = false;
  /** What ended the reading. */
  #failure: { cause: unknown } | undefined;
  /** Ends the wait of `readNext`. */
  #wake = (): void => {};

  constructor(
    source: SourceReader,
    options: WindowReaderOptions,
    listener: RecordListener,
    runtime: Runtime,
  ) {
    this.#source = source;
    this.#options = options;
    this.#listener = listener;
    this.#runtime = runtime;
    this.#filling = this.#windowFrom(options.skip);
    this.#flush = new FlushTimer(options.flushAfterMs, runtime, () => this.#wake());
    options.halt.addEventListener("abort", () => {
      this.#isHalted = true;
      this.#flush.stop();
    });
    this.#encoder = new ActionEncoder(
      options.maxBytesPerAction,
      (...warning) => listener.onWarning(...warning),
      options.records,
    );
  }

  /** Windows that are not taken yet, in the order of the source. */
  get #windows(): Window[] {
    return this.#full === undefined ? [this.#filling] : [this.#full, this.#filling];
  }

  get size(): number {
    return this.#windows.reduce((sum, { size }) => sum + size, 0);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  has(id: string): boolean {
    return this.#windows.some((window) => window.has(id));
  }

  position(place = this.#windows[0]!.start): SourcePosition {
    return { records: place };
  }

  seal(): HeldActions[] {
    return this.#windows.map((window) => window.seal());
  }

  async close(): Promise<undefined> {}

  /** From now on, all actions go there. Hands over the windows that were filled so far. */
  divert(sink: ActionSink): Window[] {
    const windows = this.#windows;
    this.#sink = sink;
    this.#full = undefined;
    this.#filling = new Window(windows[0]!.start);
    return windows;
  }

  /** Whether the source has ended and everything read was taken. */
  get isEmpty(): boolean {
    return this.#hasEnded && this.#windows.every(({ size }) => size === 0);
  }

  /**
   * Reads until there is a window to take: one that is full or due, or the rest when the source ends. False if there is none.
   * Reading goes on while a window that is due is taken and sent.
   */
  async readNext(): Promise<boolean> {
    if (!this.#isReading && this.#failure === undefined) void this.#read();
    if (this.#isReading && !this.#flush.isDue) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#throwIfFailed();
    return this.#full !== undefined || this.#flush.isDue;
  }

  /** Hands over the window to be sent next. */
  takeWindow(): Window {
    this.#throwIfFailed();
    if (this.#full === undefined) this.#close(this.#index);
    const window = this.#full!;
    this.#full = undefined;
    return window;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      await this.#fill();
    } catch (cause) {
      this.#failure = { cause };
    }
    this.#isReading = false;
    this.#wake();
  }

  /** Reads until a window is full or the source ends. */
  async #fill(): Promise<void> {
    this.#yieldedAt = this.#runtime.now();
    while (!this.#hasEnded && this.#full === undefined && this.#issues.length < MAX_ISSUES) {
      if (this.#index % RECORDS_PER_CLOCK_CHECK === 0 && this.#isTimeToYield) {
        await this.#runtime.yieldToEventLoop();
        this.#yieldedAt = this.#runtime.now();
      }
      if (this.#isHalted) return;
      const pulled = this.#source.next();
      const { done, value } = isPromise(pulled) ? await pulled : pulled;
      if (this.#isHalted) return;
      if (done) this.#hasEnded = true;
      else {
        const waiting = this.#take(value, this.#index++);
        if (waiting !== undefined) await waiting;
      }
    }
    if (this.#issues.length === 0 && this.#hasEnded) this.#closeLast();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
    if (this.#issues.length > 0) throw new InvalidActions(this.#issues);
  }

  get #isTimeToYield(): boolean {
    return this.#runtime.now() - this.#yieldedAt >= YIELD_AFTER_MS;
  }

  #take(record: unknown, index: number): PromiseLike<void> | undefined {
    if (index < this.#options.skip) return undefined;
    const encoded = this.#encode(record, index);
    if (Array.isArray(encoded)) {
      if (this.#options.invalid === "throw") {
        this.#issues.push(...encoded.slice(0, MAX_ISSUES - this.#issues.length));
        this.#flush.start();
      }
      return this.#listener.onInvalid(encoded, record);
    }
    if (this.#sink !== undefined) {
      this.#listener.onTaken(encoded.id);
      this.#sink.append(encoded, index);
      return undefined;
    }
    const isFull = this.#filling.size === this.#options.window && !this.#filling.has(encoded.id);
    if (isFull) this.#close(index);
    this.#flush.start();
    const isSuperseding = this.#filling.add(encoded, index);
    this.#listener.onTaken(encoded.id);
    if (isSuperseding) this.#listener.onSuperseded();
    return undefined;
  }

  /** A record whose getter throws counts as rejected, and ends the run. */
  #encode(record: unknown, index: number): EncodedAction | ActionIssue[] {
    try {
      return this.#encoder.encode(record, index);
    } catch (error) {
      void this.#listener.onInvalid([], record);
      throw error;
    }
  }

  #closeLast(): void {
    const { skip } = this.#options;
    if (this.#index < skip) {
      const expected = `at most the ${this.#index} records of the source`;
      throw new ConfigurationError("resumeFrom.records", expected, `${skip}`);
    }
    if (this.#filling.size > 0) this.#close(this.#index);
    // All records up to here were invalid: a resumed run skips them.
    else this.#filling = new Window(this.#index);
  }

  #close(nextStart: number): void {
    this.#flush.stop();
    this.#full = this.#filling;
    this.#filling = this.#windowFrom(nextStart);
  }

  #windowFrom(start: number): Window {
    return new Window(start, Math.min(this.#options.window, this.#source.length - start));
  }
}
