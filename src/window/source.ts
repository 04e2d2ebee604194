import { ConfigurationError } from "../errors.ts";

/** Where actions come from: arrays, sets, generators, Node streams of objects, web streams. */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>;

type Pulled = IteratorResult<unknown> | Promise<IteratorResult<unknown>>;

/** Reads a source one record at a time, and closes it when no more is needed. */
export class SourceReader {
  readonly #source: Pull;
  /** How many records it has, or 0 if that is not known. */
  readonly length: number;
  #isBusy = false;
  #hasEnded = false;

  constructor(source: unknown) {
    try {
      this.#source = pull(source);
      this.length = Array.isArray(source) ? source.length : 0;
    } catch (cause) {
      if (cause instanceof ConfigurationError) throw cause;
      throw new ConfigurationError("actions", EXPECTED, "a source that cannot be opened", { cause });
    }
  }

  next(): Pulled {
    // A source that throws has ended. So `true` until an answer says otherwise.
    this.#hasEnded = true;
    const pulled = this.#source.next() as IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;
    if (isPromise(pulled)) return this.#awaitPulled(pulled);
    this.#hasEnded = pulled.done === true;
    return pulled;
  }

  /** Closes the source. Does not wait for one that is busy: its answer may never come. */
  async close(): Promise<void> {
    if (this.#hasEnded && !this.#isBusy) return;
    this.#hasEnded = true;
    // An error in closing must not hide why the run ended.
    const closed = (async () => this.#source.close())().catch(() => {});
    if (!this.#isBusy) await closed;
  }

  async #awaitPulled(pulled: PromiseLike<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    this.#isBusy = true;
    try {
      const result = await pulled;
      this.#hasEnded = result.done === true;
      return result;
    } finally {
      this.#isBusy = false;
    }
  }
}

/** By its `then`, since `instanceof` fails for a promise of another realm. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === "function";
}

const EXPECTED = "an iterable or async iterable of actions, or a stream";

interface Pull {
  next(): unknown;
  close(): unknown;
}

function pull(source: unknown): Pull {
  if (isStream(source)) {
    const reader = source.getReader();
    return { next: () => reader.read(), close: () => reader.cancel() };
  }
  if (isObject(source) && Symbol.asyncIterator in source) {
    const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    // A Node stream that fails before the first read, while its call waits, would end the process. Reading it throws the same.
    if ("on" in source && typeof source.on === "function") source.on("error", () => {});
    return {
      // Some answer at once, with no promise.
      next: () => iterator.next(),
      close: () => {
        // `return` of a Node stream's iterator waits for the next chunk. `destroy` does not.
        if ("destroy" in source && typeof source.destroy === "function") source.destroy();
        return iterator.return?.();
      },
    };
  }
  if (isObject(source) && Symbol.iterator in source) {
    const iterator = (source as Iterable<unknown>)[Symbol.iterator]();
    return { next: () => iterator.next(), close: () => iterator.return?.() };
  }
  const given = isPromise(source) ? "a promise: await it" : source === null ? "null" : typeof source;
  throw new ConfigurationError("actions", EXPECTED, given);
}

/** A string is iterable, but its letters are no actions. */
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Not every runtime has async iterable web streams, so a reader reads them. */
function isStream(value: unknown): value is ReadableStream {
  return isObject(value) && "getReader" in value && typeof value.getReader === "function";
}
