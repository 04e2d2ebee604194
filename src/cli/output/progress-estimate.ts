import type { Poll, UpdateProgress } from "../../index.ts";
import { formatDuration, formatNumber, pluralize } from "../format.ts";
import type { InputReader } from "../input/input-reader.ts";
import type { Status } from "./status-line.ts";

type ReadSoFar = Pick<InputReader, "records" | "bytesRead" | "hasEnded" | "size">;

/** How far an update is, and how long it will take. */
export class UpdateEstimate {
  readonly #reader: ReadSoFar;
  readonly #allowedRate: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #first: { at: number; share: number | undefined; requests: number } | undefined;
  /** `done` counts the records that are not waiting to be sent. */
  #last: { at: number; progress: UpdateProgress; done: number } | undefined;

  constructor(reader: ReadSoFar, allowedRate: number, now: () => number) {
    this.#reader = reader;
    this.#allowedRate = allowedRate;
    this.#now = now;
    this.#startedAt = now();
  }

  report(progress: UpdateProgress): void {
    const at = this.#now();
    this.#last = { at, progress, done: this.#reader.records - progress.unsent };
    this.#first ??= { at, share: this.#share, requests: progress.requests };
  }

  get status(): Status {
    if (this.#last === undefined) {
      const parts = ["reading", pluralize(this.#reader.records, "record"), this.#readingLeft];
      return { share: this.#readShare, parts: parts.filter((part) => part !== undefined) };
    }
    const { accepted, requests } = this.#last.progress;
    const throttledForMs = this.throttledForMs;
    const pace =
      throttledForMs > 0
        ? [`waiting, server asks for ${Math.ceil(throttledForMs / 1000)} s`]
        : [this.#rate, this.#timeLeft].filter((part) => part !== undefined);
    return {
      share: this.#share,
      parts: [`${formatNumber(accepted)} accepted`, pluralize(requests, "request"), ...pace],
    };
  }

  get #readingLeft(): string | undefined {
    const share = this.#readShare;
    if (share === undefined || share === 0 || share === 1) return undefined;
    const left = ((1 - share) / share) * (this.#now() - this.#startedAt);
    return left > 0 ? `${formatDuration(left)} left` : undefined;
  }

  /** For how much longer the server asks to wait. */
  get throttledForMs(): number {
    if (this.#last === undefined) return 0;
    return Math.max(0, this.#last.at + this.#last.progress.throttledForMs - this.#now());
  }

  get #readShare(): number | undefined {
    const { hasEnded, bytesRead, size } = this.#reader;
    if (hasEnded) return 1;
    return size === undefined ? undefined : Math.min(1, bytesRead / Math.max(1, size));
  }

  /** Of the input, what is done. It is read far ahead, so the bytes read only show how much there is in all. */
  get #share(): number | undefined {
    const readShare = this.#readShare;
    const { received = 0, unsent = 0, checkpoint } = this.#last?.progress ?? {};
    // The input was read to its end, perhaps by an earlier run. From here on, sending is what takes time.
    if (checkpoint?.spilled !== undefined) return received === 0 ? undefined : (received - unsent) / received;
    if (this.#last === undefined || readShare === undefined) return undefined;
    const { records } = this.#reader;
    return records === 0 ? undefined : (readShare * this.#last.done) / records;
  }

  get #rate(): string | undefined {
    const seconds = this.#last === undefined ? 0 : (this.#last.at - this.#first!.at) / 1000;
    if (seconds <= 0) return undefined;
    const rate = (this.#last!.progress.requests - this.#first!.requests) / seconds;
    const allowed = this.#allowedRate;
    return Number.isFinite(allowed) ? `${rate.toFixed(1)} of ${allowed}/s` : `${rate.toFixed(1)}/s`;
  }

  get #timeLeft(): string | undefined {
    const share = this.#share;
    const { at, share: from = 0 } = this.#first!;
    if (share === undefined || share <= from) return undefined;
    // Since the last answer as well: a time that stands still looks stuck.
    const perShare = (this.#last!.at - at) / (share - from);
    const left = (1 - share) * perShare - (this.#now() - this.#last!.at);
    return left > 0 ? `${formatDuration(left)} left` : undefined;
  }
}

/** How many of the accepted requests are applied. */
export class WaitEstimate {
  readonly #tokens: number;
  readonly #now: () => number;
  readonly #since: number;
  #open: number;

  constructor(tokens: number, now: () => number) {
    this.#tokens = tokens;
    this.#open = tokens;
    this.#now = now;
    this.#since = now();
  }

  polled({ open }: Poll): void {
    this.#open = open;
  }

  get status(): Status {
    const applied = this.#tokens - this.#open;
    const parts = [`${formatNumber(applied)} of ${pluralize(this.#tokens, "request")} applied`];
    return { share: applied / this.#tokens, parts: [...parts, formatDuration(this.#now() - this.#since)] };
  }
}
