import type { Poll, UpdateProgress } from "../../index.ts";
import { formatDuration, formatNumber, pluralize } from "../format.ts";
import type { InputReader } from "../input/input-reader.ts";
import { percent, type Status } from "./status-line.ts";

type ReadSoFar = Pick<InputReader, "records" | "bytesRead" | "hasEnded" | "size">;

/** After so long without an answer, the status says that it waits for one. */
const SILENT_MS = 5_000;

/** The last report of the library, and how much was delivered then. */
interface Reported {
  at: number;
  progress: UpdateProgress;
  /** Records that are delivered, those of an earlier run included. */
  delivered: number;
  /** Since the last request to deliver, the library has only asked whether requests are applied. */
  isAsking: boolean;
}

/** How far an update is, and how long it will take. Its share is of what is delivered, never of what is read. */
export class UpdateEstimate {
  readonly #reader: ReadSoFar;
  readonly #allowedRate: number;
  readonly #resumedAfter: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #first: { at: number; share: number | undefined; requests: number } | undefined;
  #last: Reported | undefined;

  /** `resumedAfter`: records that an earlier run is done with. */
  constructor(reader: ReadSoFar, allowedRate: number, resumedAfter: number, now: () => number) {
    this.#reader = reader;
    this.#allowedRate = allowedRate;
    this.#resumedAfter = resumedAfter;
    this.#now = now;
    this.#startedAt = now();
  }

  report(progress: UpdateProgress): void {
    const at = this.#now();
    const before = this.#last;
    const isNew = progress.requests > (before?.progress.requests ?? 0);
    const isPoll = progress.polls > (before?.progress.polls ?? 0);
    const isAsking = !isNew && (isPoll || before?.isAsking === true);
    this.#last = { at, progress, delivered: this.#deliveredIn(progress), isAsking };
    this.#first ??= { at, share: this.#share, requests: progress.requests };
  }

  get status(): Status {
    if (this.#last === undefined) return { share: this.#share, parts: this.#reading };
    const { accepted, requests } = this.#last.progress;
    const parts = [`${formatNumber(accepted)} accepted`, pluralize(requests, "request")];
    return { share: this.#share, parts: [...parts, ...this.#doing(this.#last)] };
  }

  /** What the run does at the moment. */
  #doing({ at, progress: { unsent, checkpoint }, isAsking }: Reported): string[] {
    if (this.throttledForMs > 0) return [`throttled, goes on in ${Math.ceil(this.throttledForMs / 1000)} s`];
    const open = checkpoint.indexingTokens?.length ?? 0;
    if (isAsking) return [open === 0 ? "asking" : `asking, ${pluralize(open, "request")} not applied yet`];
    if (unsent === 0 && !this.#reader.hasEnded) return this.#reading;
    const silentMs = this.#now() - at;
    if (silentMs > SILENT_MS) return [`waiting for an answer, ${formatDuration(silentMs)}`];
    return [this.#rate, this.#timeLeft].filter((part) => part !== undefined);
  }

  get #reading(): string[] {
    const { hasEnded, records } = this.#reader;
    if (hasEnded) return [`${pluralize(records, "record")} read`, "waiting for an answer"];
    const share = this.#readShare;
    const reading = share === undefined ? "reading" : `reading ${percent(share)}`;
    return [reading, pluralize(records, "record"), ...this.#readingLeft];
  }

  /** Reading and sending take their own time. */
  get #readingLeft(): string[] {
    const share = this.#readShare ?? 0;
    if (share === 0 || share === 1) return [];
    const left = ((1 - share) / share) * (this.#now() - this.#startedAt);
    return left > 0 ? [`${formatDuration(left)} left`] : [];
  }

  /** For how much longer all requests wait. */
  get throttledForMs(): number {
    if (this.#last === undefined) return 0;
    return Math.max(0, this.#last.at + this.#last.progress.throttledForMs - this.#now());
  }

  get #readShare(): number | undefined {
    const { hasEnded, bytesRead, size } = this.#reader;
    if (hasEnded) return 1;
    return size === undefined ? undefined : Math.min(1, bytesRead / Math.max(1, size));
  }

  /** Of the records that are read, the share that its actions say: later actions supersede some records. */
  #deliveredIn({ accepted, failed, unsent }: UpdateProgress): number {
    const actions = accepted + failed + unsent;
    const read = Math.max(0, this.#reader.records - this.#resumedAfter);
    return this.#resumedAfter + (actions === 0 ? 0 : (read * accepted) / actions);
  }

  /** Of the input, what is delivered. The bytes read only show how many records there are in all. */
  get #share(): number | undefined {
    const readShare = this.#readShare;
    const { received = 0, unsent = 0, checkpoint } = this.#last?.progress ?? {};
    // The input was read to its end, perhaps by an earlier run.
    if (checkpoint?.spilled !== undefined) return received === 0 ? undefined : (received - unsent) / received;
    const { records } = this.#reader;
    if (readShare === undefined) return undefined;
    if (records === 0) return 0;
    const delivered = this.#last?.delivered ?? this.#resumedAfter;
    return Math.min(1, (readShare * delivered) / records);
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
