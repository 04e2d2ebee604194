import type { TransportEvent } from "../transport/send-with-retry.ts";

/** Counts the requests of a run. */
export class Traffic {
  readonly #counts = { requests: 0, retries: 0, polls: 0, bytes: 0 };

  /** Counts an event of a poll. */
  countPoll({ kind }: TransportEvent): void {
    if (kind === "attempt") this.#counts.polls++;
  }

  /** Counts an event of an update whose body has so many bytes. */
  countUpdate({ kind }: TransportEvent, bytes: number): void {
    if (kind === "retry") this.#counts.retries++;
    if (kind !== "attempt") return;
    this.#counts.requests++;
    this.#counts.bytes += bytes;
  }

  get counts(): Readonly<{ requests: number; retries: number; polls: number; bytes: number }> {
    return this.#counts;
  }
}
