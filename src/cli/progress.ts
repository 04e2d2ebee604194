import type { Poll, UpdateProgress } from "../index.ts";
import type { Reader } from "./reader.ts";
import { count, counted, duration } from "./words.ts";

const BAR_WIDTH = 24;

/** What there is to say of a run, piece by piece: the bar first, what is least needed last. */
export interface Status {
  /** From 0 to 1, where the end is known. */
  share?: number | undefined;
  parts: string[];
}

/** Knows how far a run is, and how long it will take. */
export class Progress {
  readonly #reader: Pick<Reader, "records" | "bytesRead" | "hasEnded" | "size">;
  readonly #allowedRate: number;
  readonly #now: () => number;
  #first: { at: number; share: number | undefined; requests: number } | undefined;
  /** `settled` are the records that are done with. */
  #last: { at: number; progress: UpdateProgress; settled: number } | undefined;

  constructor(
    reader: Pick<Reader, "records" | "bytesRead" | "hasEnded" | "size">,
    allowedRate: number,
    now: () => number,
  ) {
    this.#reader = reader;
    this.#allowedRate = allowedRate;
    this.#now = now;
  }

  report(progress: UpdateProgress): void {
    const at = this.#now();
    this.#last = { at, progress, settled: this.#reader.records - progress.unsent };
    this.#first ??= { at, share: this.#share, requests: progress.requests };
  }

  get status(): Status {
    if (this.#last === undefined) {
      return { share: this.#readShare, parts: ["reading", counted(this.#reader.records, "record")] };
    }
    const { accepted, requests } = this.#last.progress;
    const throttledForMs = this.throttledForMs;
    const pace =
      throttledForMs > 0
        ? [`waiting, server asks for ${Math.ceil(throttledForMs / 1000)} s`]
        : [this.#rate, this.#timeLeft].filter((part) => part !== undefined);
    return {
      share: this.#share,
      parts: [`${count(accepted)} accepted`, counted(requests, "request"), ...pace],
    };
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

  /** Of the input, what is settled. It is read far ahead, so the bytes read only tell how much there is in all. */
  get #share(): number | undefined {
    const readShare = this.#readShare;
    if (this.#last === undefined || readShare === undefined) return undefined;
    const { records } = this.#reader;
    return records === 0 ? undefined : (readShare * this.#last.settled) / records;
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
    return left > 0 ? `${duration(left)} left` : undefined;
  }
}

/** How many of the accepted requests are applied. */
export class WaitProgress {
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
    const parts = [`${count(applied)} of ${counted(this.#tokens, "request")} applied`];
    return { share: applied / this.#tokens, parts: [...parts, duration(this.#now() - this.#since)] };
  }
}

/** One line that fits the terminal: what is least needed goes first. */
export function statusLine(name: string, { share, parts }: Status, width: number): string {
  const shown = [...parts];
  for (;;) {
    const line = [name, ...(share === undefined ? [] : [bar(share)]), ...shown].join("  ");
    if (line.length < width) return line;
    if (shown.length === 1) return line.slice(0, Math.max(0, width - 1));
    shown.pop();
  }
}

/** The same for a log. */
export function statusText(name: string, { share, parts }: Status): string {
  return `${name}: ${[...(share === undefined ? [] : [percent(share)]), ...parts].join(", ")}`;
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${percent(share).padStart(5)}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
