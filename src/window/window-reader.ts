import type { ActionIssue } from "../actions/action.ts";
import { createEncoder } from "../actions/encoder.ts";
import { ConfigurationError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Ledger } from "../update/report.ts";
import type { ReadUpdateOptions } from "../update/update-options.ts";
import type { Slots } from "./action-buffer.ts";
import type { OpenSource } from "./source.ts";
import { Window } from "./window.ts";

const ISSUES_GATHERED = 100;
/** How long a source that never waits may keep everything else waiting. */
const BREATH_MS = 10;
/** Records between two looks at the clock. */
const BREATH_RECORDS = 256;

/** Thrown by `fill` in place of a window that holds invalid actions. */
export class Issues {
  readonly list: ActionIssue[] = [];
}

export interface IntakeOptions
  extends Pick<ReadUpdateOptions, "window" | "invalid" | "onRejected" | "resumeFrom"> {
  /** Largest action that a request has room for, in UTF-8 bytes. */
  maxBytesPerAction: number;
  /** Aborted once nothing more is wanted. */
  halt: AbortSignal;
  /** Called with the id of each action taken into a window. */
  onTaken(id: string): void;
}

/** From the source to full windows: reads, validates, and keeps the last action per id. */
export class Intake {
  readonly #source: OpenSource;
  readonly #options: IntakeOptions;
  readonly #ledger: Ledger;
  readonly #runtime: Runtime;
  readonly #encode: ReturnType<typeof createEncoder>;
  readonly #issues = new Issues();
  /** Index of the next record. */
  #record = 0;
  /** The record that is being checked. */
  #value: unknown;
  #halted = false;
  #exhausted = false;
  #full: Window | undefined;
  #filling: Window;

  constructor(source: OpenSource, options: IntakeOptions, ledger: Ledger, runtime: Runtime) {
    this.#source = source;
    this.#options = options;
    this.#ledger = ledger;
    this.#runtime = runtime;
    this.#filling = new Window(options.resumeFrom?.records ?? 0);
    options.halt.addEventListener("abort", () => {
      this.#halted = true;
    });
    this.#encode = createEncoder({
      maxBytes: options.maxBytesPerAction,
      onWarning: (reason, index, id, path) => ledger.warn(reason, index, id, path),
      onIssue: (issue) => {
        if (options.invalid === "throw" && this.#issues.list.length < ISSUES_GATHERED)
          this.#issues.list.push(issue);
        ledger.reject(issue);
        options.onRejected?.(issue, this.#value);
      },
    });
  }

  /** Windows that were read and not yet taken, the first first. */
  get windows(): Window[] {
    return this.#full === undefined ? [this.#filling] : [this.#full, this.#filling];
  }

  /** Whether the source has ended and everything read was taken. */
  get isEmpty(): boolean {
    return this.#exhausted && this.windows.every(({ size }) => size === 0);
  }

  /** Reads until there is a window to take: a full one, or what is left when the source ends. False if nothing is. */
  async fill(): Promise<boolean> {
    const { window: limit } = this.#options;
    const skipped = this.#filling.start;
    let breathedAt = this.#runtime.now();
    while (this.#issues.list.length < ISSUES_GATHERED) {
      if (this.#record % BREATH_RECORDS === 0 && this.#runtime.now() - breathedAt >= BREATH_MS) {
        await this.#runtime.breathe();
        breathedAt = this.#runtime.now();
        if (this.#halted) return false;
      }
      const pulled = this.#source.next();
      const { done, value } = pulled instanceof Promise ? await pulled : pulled;
      if (this.#halted) return false;
      if (done) {
        this.#exhausted = true;
        break;
      }

      const record = this.#record++;
      if (record < skipped) continue;
      this.#ledger.received++;
      // Until it has turned out to be valid: a callback or a getter may throw.
      this.#ledger.rejected++;
      this.#value = value;
      const action = this.#encode(value, record);
      if (action === undefined) continue;
      this.#ledger.rejected--;
      this.#options.onTaken(action.id);
      const isFull = this.#filling.size === limit && !this.#filling.has(action.id);
      if (isFull && this.#issues.list.length === 0) this.#close(record);
      if (this.#filling.add(action, record)) this.#ledger.superseded++;
      if (isFull) break;
    }
    if (this.#issues.list.length > 0) throw this.#issues;
    if (this.#full !== undefined) return true;
    if (this.#record < skipped) {
      const expected = `at most the ${this.#record} records of the source`;
      throw new ConfigurationError("resumeFrom.records", expected, `${skipped}`);
    }
    if (this.#filling.size === 0) {
      // Everything up to here was invalid, and settled with that.
      this.#filling = new Window(this.#record);
      return false;
    }
    this.#close(this.#record);
    return true;
  }

  /** What is to be sent next. */
  take(): Slots {
    const slots = this.#full!.seal();
    this.#full = undefined;
    return slots;
  }

  #close(nextStart: number): void {
    this.#full = this.#filling;
    this.#filling = new Window(nextStart);
  }
}
