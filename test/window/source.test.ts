import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { type Source, SourceReader } from "../../src/window/source.ts";
import { idle } from "../support/virtual-time.ts";

/** What happened to a source after it was handed over. */
type Log = string[];

function* generator(log: Log) {
  try {
    yield* [1, 2, 3];
    log.push("end");
  } finally {
    log.push("closed");
  }
}

async function* asyncGenerator(log: Log) {
  try {
    for (const value of [1, 2, 3]) yield await Promise.resolve(value);
    log.push("end");
  } finally {
    log.push("closed");
  }
}

function readable(log: Log) {
  const stream = Readable.from([1, 2, 3], { highWaterMark: 1 });
  stream.on("end", () => log.push("end"));
  stream.on("close", () => log.push("closed"));
  return stream;
}

function webStream(log: Log) {
  const values = [1, 2, 3];
  return new ReadableStream<number>(
    {
      pull(controller) {
        const value = values.shift();
        if (value !== undefined) controller.enqueue(value);
        else {
          log.push("end", "closed");
          controller.close();
        }
      },
      cancel() {
        log.push("closed");
      },
    },
    { highWaterMark: 0 },
  );
}

const sources: [name: string, open: (log: Log) => Source<number>][] = [
  ["a generator", generator],
  ["an async generator", asyncGenerator],
  ["a Node Readable", readable],
  ["a web ReadableStream", webStream],
];

async function readAll(source: unknown): Promise<unknown[]> {
  const open = new SourceReader(source);
  const values: unknown[] = [];
  for (;;) {
    const { done, value } = await open.next();
    if (done) break;
    values.push(value);
  }
  await open.close();
  return values;
}

test.each<[name: string, source: () => unknown]>([
  ["an array", () => [1, 2, 3]],
  ["a set", () => new Set([1, 2, 3])],
  [
    "the values of a map",
    () =>
      new Map([
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ]).values(),
  ],
  ["any iterable", () => ({ [Symbol.iterator]: () => [1, 2, 3][Symbol.iterator]() })],
  ["any async iterable", () => ({ [Symbol.asyncIterator]: () => asyncGenerator([]) })],
  [
    "an async iterable whose next does not promise",
    () => ({
      [Symbol.asyncIterator]: () => [1, 2, 3][Symbol.iterator](),
    }),
  ],
  [
    "a web stream that is not async iterable",
    () => {
      const stream = webStream([]);
      return { getReader: () => stream.getReader() };
    },
  ],
])("%s is read to its end", async (_name, source) => {
  expect(await readAll(source())).toEqual([1, 2, 3]);
});

test("an async iterable that answers with promises of its own kind is read as any other", async () => {
  const values = [1, 2, 3][Symbol.iterator]();
  const source = {
    [Symbol.asyncIterator]: () => ({
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library
      next: () => ({ then: (resolve: (result: unknown) => void) => resolve(values.next()) }),
    }),
  };
  expect(new SourceReader(source).next()).toBeInstanceOf(Promise);
  expect(await readAll(source)).toEqual([2, 3]);
});

test.each(sources)("%s is read to its end, and not closed a second time", async (_name, open) => {
  const log: Log = [];
  expect(await readAll(open(log))).toEqual([1, 2, 3]);
  await idle();
  expect(log).toEqual(["end", "closed"]);
});

test.each(sources)("%s of which no more is wanted is closed", async (_name, open) => {
  const log: Log = [];
  const source = new SourceReader(open(log));
  expect(await source.next()).toMatchObject({ value: 1 });
  await source.close();
  await idle();
  expect(log).toEqual(["closed"]);
});

test.each(sources)("%s is pulled, never read ahead of the demand", async (_name, open) => {
  const log: Log = [];
  const source = new SourceReader(open(log));
  for (let i = 0; i < 3; i++) await source.next();
  expect(log).toEqual([]);
});

test.each<[name: string, open: (log: Log) => Source<number>]>([
  [
    "a Node Readable",
    (log) => new Readable({ objectMode: true, read() {} }).on("close", () => log.push("closed")),
  ],
  ["a web ReadableStream", (log) => new ReadableStream({ cancel: () => void log.push("closed") })],
  [
    "an async iterator",
    (log) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          log.push("closed");
          return new Promise<never>(() => {});
        },
      }),
    }),
  ],
])("%s that owes an answer is closed without waiting for it", async (_name, open) => {
  const log: Log = [];
  const source = new SourceReader(open(log));
  // What becomes of the answer is nobody's concern any more.
  Promise.resolve(source.next()).catch(() => {});
  await source.close();
  await idle();
  expect(log).toEqual(["closed"]);
});

test("a busy async generator is closed once it has answered", async () => {
  const log: Log = [];
  let answer = (): void => {};
  async function* slow() {
    try {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      yield 1;
      yield 2;
    } finally {
      log.push("closed");
    }
  }
  const source = new SourceReader(slow());
  const pulled = source.next();
  await source.close();
  expect(log).toEqual([]);
  answer();
  await pulled;
  await idle();
  expect(log).toEqual(["closed"]);
});

test("an error in closing is ignored, since why the run ended matters more", async () => {
  const source = new SourceReader({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return() {
        throw new Error("cannot close");
      },
    }),
  });
  source.next();
  await expect(source.close()).resolves.toBeUndefined();
});

test("a source that throws has ended, and is not closed", async () => {
  const log: Log = [];
  const failing = {
    [Symbol.iterator]: () => ({
      next(): never {
        throw new Error("row 5");
      },
      return() {
        log.push("closed");
        return { done: true, value: undefined };
      },
    }),
  };
  const source = new SourceReader(failing);
  expect(() => source.next()).toThrow("row 5");
  await source.close();
  expect(log).toEqual([]);
});

/** One that counts how often it is closed, and gives `count` values: at once or by promises. */
function counted(count: number, isAsync: boolean, closing: Promise<void> | undefined = undefined) {
  const state = { closed: 0 };
  const give = (result: unknown) => (isAsync ? Promise.resolve(result) : result);
  const iterator = {
    next: () => give(count-- > 0 ? { done: false, value: 1 } : { done: true, value: undefined }),
    return() {
      state.closed++;
      return closing;
    },
  };
  return { state, iterator, source: { [isAsync ? Symbol.asyncIterator : Symbol.iterator]: () => iterator } };
}

describe.each([false, true])("an iterator whose answers are promises: %s", (isAsync) => {
  test("is closed once, however often it is closed", async () => {
    const { source, state } = counted(2, isAsync);
    const reader = new SourceReader(source);
    await reader.next();
    for (let i = 0; i < 3; i++) await reader.close();
    expect(state.closed).toBe(1);
  });

  test("is closed if nobody has read it", async () => {
    const { source, state } = counted(2, isAsync);
    await new SourceReader(source).close();
    expect(state.closed).toBe(1);
  });

  test("is not closed once it has ended", async () => {
    const { source, state } = counted(2, isAsync);
    expect(await readAll(source)).toEqual([1, 1]);
    expect(state.closed).toBe(0);
  });

  test("is waited for while it closes, if it owes no answer", async () => {
    let close = (): void => {};
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    const reader = new SourceReader(counted(2, isAsync, closing).source);
    await reader.next();
    let isClosed = false;
    const closed = reader.close().then(() => {
      isClosed = true;
    });
    await idle();
    expect(isClosed).toBe(false);
    close();
    await closed;
  });
});

test("a promise that fails ends a source: it is not closed", async () => {
  const state = { closed: 0 };
  const iterator = { next: () => Promise.reject(new Error("row 5")), return: () => void state.closed++ };
  const reader = new SourceReader({ [Symbol.asyncIterator]: () => iterator });
  await expect(reader.next()).rejects.toThrow("row 5");
  await reader.close();
  expect(state.closed).toBe(0);
});

test("only a function is called that has the name of a stream's", async () => {
  const values = () => [1, 2, 3][Symbol.iterator]();
  const source = { on: "Monday", destroy: 5, getReader: "no", [Symbol.asyncIterator]: values };
  expect(await readAll(source)).toEqual([1, 2, 3]);
  const { iterator, state } = counted(2, true);
  await new SourceReader({ ...source, [Symbol.asyncIterator]: () => iterator }).close();
  expect(state.closed).toBe(1);
});

test("a function that is iterable is a source", async () => {
  const source = Object.assign(() => {}, { [Symbol.iterator]: () => [1, 2, 3][Symbol.iterator]() });
  expect(await readAll(source)).toEqual([1, 2, 3]);
});

test("a source without return is closed by not being asked again", async () => {
  const source = new SourceReader({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) });
  source.next();
  await expect(source.close()).resolves.toBeUndefined();
});

test.each<[source: unknown, given: string]>([
  ["add,1", "string"],
  [undefined, "undefined"],
  [null, "null"],
  [Promise.resolve([]), "a promise: await it"],
  [5, "number"],
  [{ action: "add", id: "a" }, "object"],
  [() => [], "function"],
])("%j is no source", (source, given) => {
  expect(() => new SourceReader(source)).toThrow(ConfigurationError);
  expect(() => new SourceReader(source)).toThrow(`Expected \`actions\` to be an iterable`);
  expect(() => new SourceReader(source)).toThrow(`got ${given}`);
});

test("a source that cannot be opened is an error that keeps the cause", () => {
  const locked = new ReadableStream();
  locked.getReader();
  const throwing = {
    [Symbol.iterator](): Iterator<unknown> {
      throw new Error("no cursor");
    },
  };
  for (const source of [locked, throwing]) {
    let error: unknown;
    try {
      new SourceReader(source);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: "actions", given: "a source that cannot be opened" });
    expect((error as Error).cause).toBeInstanceOf(Error);
  }
});

test("a web stream of another realm is read: its promises are no instances of ours", async () => {
  const stream = runInNewContext(`({
    getReader() {
      const records = [{ done: false, value: 1 }, { done: true, value: undefined }];
      return { read: () => Promise.resolve(records.shift()), cancel: () => Promise.resolve() };
    },
  })`) as ReadableStream<number>;
  const source = new SourceReader(stream);
  expect([await source.next(), await source.next()]).toEqual([
    { done: false, value: 1 },
    { done: true, value: undefined },
  ]);
});

test("a Node stream that fails before it is read throws when it is, and is no uncaught error", async () => {
  const stream = new Readable({ objectMode: true, read() {} });
  const source = new SourceReader(stream);
  stream.destroy(new Error("disk gone"));
  await idle();
  await expect(source.next()).rejects.toThrow("disk gone");
});

test("a promise of another realm is waited for, by its `then`", async () => {
  const results = [{ done: false, value: 1 }, { done: true }];
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
  const read = () => ({ then: (resolve: (result: unknown) => void) => resolve(results.shift()) });
  const source = new SourceReader({ getReader: () => ({ read }) });
  expect(await source.next()).toEqual({ done: false, value: 1 });
  expect(source.next()).toBeInstanceOf(Promise);
});
