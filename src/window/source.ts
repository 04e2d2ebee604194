import { ConfigurationError } from "../errors.ts";

/** Anything that gives one action after the other: arrays, sets, generators, Node streams of objects, web streams. */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>;

/** A source being read: pulled one by one, closed when the rest is not wanted. */
export interface OpenSource {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  /** Tells the source that no more is wanted, and waits for it unless it is busy with an answer that may never come. */
  close(): Promise<void>;
}

export function openSource(source: unknown): OpenSource {
  const { next, close } = pull(source);
  let busy = false;
  let ended = false;

  async function arrived(pulled: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    busy = true;
    try {
      const result = await pulled;
      ended = result.done === true;
      return result;
    } finally {
      busy = false;
    }
  }

  return {
    next() {
      // Until it has answered: a source that throws has ended.
      ended = true;
      const pulled = next();
      if (pulled instanceof Promise) return arrived(pulled);
      ended = pulled.done === true;
      return pulled;
    },
    async close() {
      if (ended && !busy) return;
      ended = true;
      // Why the run ended matters more than what closing may throw.
      const closed = (async () => close())().catch(() => {});
      if (!busy) await closed;
    },
  };
}

interface Pull {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  close(): unknown;
}

function pull(source: unknown): Pull {
  if (isStream(source)) {
    const reader = source.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      close: () => reader.cancel(),
    };
  }
  if (isObject(source) && Symbol.asyncIterator in source) {
    const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    return {
      next: () => Promise.resolve(iterator.next()),
      close: () => {
        // The iterator of a Node stream hears `return` only after the chunk it waits for.
        if ("destroy" in source && typeof source.destroy === "function") source.destroy();
        return iterator.return?.();
      },
    };
  }
  if (isObject(source) && Symbol.iterator in source) {
    const iterator = (source as Iterable<unknown>)[Symbol.iterator]();
    return { next: () => iterator.next(), close: () => iterator.return?.() };
  }
  const given = source === null ? "null" : typeof source;
  throw new ConfigurationError("actions", "an iterable or async iterable of actions, or a stream", given);
}

/** A string is iterable, but its letters are no actions. */
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Read with a reader, since not every runtime's web streams are async iterable. */
function isStream(value: unknown): value is ReadableStream {
  return isObject(value) && "getReader" in value && typeof value.getReader === "function";
}
