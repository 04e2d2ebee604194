import { expect, test } from "vitest";
import type { AudienceAction } from "../../src/actions/action.ts";
import { SourceReader } from "../../src/window/source.ts";
import { WindowReader, type WindowReaderOptions } from "../../src/window/window-reader.ts";
import { add, adds } from "../support/actions.ts";
import { idle, virtualTime } from "../support/virtual-time.ts";

const bad = { action: "add", id: "" };

function open(source: unknown, options: Partial<WindowReaderOptions> = {}, onInvalid = () => {}) {
  const time = virtualTime();
  const counts = { yields: 0 };
  const runtime = {
    ...time,
    yieldToEventLoop() {
      counts.yields++;
      return time.yieldToEventLoop();
    },
  };
  const halt = new AbortController();
  const taken: string[] = [];
  const rejected: unknown[] = [];
  const listener = {
    onTaken: (id: string) => void taken.push(id),
    onSuperseded: () => {},
    onWarning: () => {},
    onInvalid(issues: unknown[], record: unknown) {
      rejected.push([issues.length, record]);
      return onInvalid() as unknown as PromiseLike<void>;
    },
  };
  const defaults: WindowReaderOptions = {
    records: "actions",
    window: 2,
    flushAfterMs: Number.POSITIVE_INFINITY,
    invalid: "throw",
    skip: 0,
    maxBytesPerAction: 1e6,
    halt: halt.signal,
  };
  const reader = new WindowReader(new SourceReader(source), { ...defaults, ...options }, listener, runtime);
  return { reader, time, halt, counts, taken, rejected };
}

/** Gives out each action at its time, and counts how often it is asked. */
function queue(...actions: [at: number, action: unknown][]) {
  const state = { asked: 0, time: virtualTime() };
  const source = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const [at, value] = actions[state.asked++] ?? [0, undefined];
        await state.time.sleep(Math.max(0, at - state.time.now()));
        return { done: value === undefined, value };
      },
    }),
  };
  return { source, state };
}

function openQueue(actions: [at: number, action: unknown][], options: Partial<WindowReaderOptions> = {}) {
  const { source, state } = queue(...actions);
  const opened = open(source, options);
  state.time = opened.time;
  return { ...opened, state };
}

test("has the ids of the window that is full, and of the one that fills", async () => {
  const { reader } = open(adds(3));
  expect(await reader.readNext()).toBe(true);
  expect(["0", "1", "2", "3"].map((id) => reader.has(id))).toEqual([true, true, true, false]);
  expect([reader.size, reader.hasEnded]).toEqual([3, false]);
});

test("is empty once the source has ended and the last window is taken", async () => {
  const { reader } = open(adds(2));
  expect(reader.isEmpty).toBe(false);
  expect(await reader.readNext()).toBe(true);
  expect([reader.hasEnded, reader.isEmpty]).toEqual([true, false]);
  expect([...reader.takeWindow().seal().actions()]).toEqual(adds(2));
  expect(reader.isEmpty).toBe(true);
  expect(await reader.readNext()).toBe(false);
});

test("a source that has failed is not asked again, and its error comes each time", async () => {
  let asked = 0;
  const source = {
    [Symbol.iterator]: () => ({
      next() {
        if (asked++ > 0) throw new Error("row 2");
        return { done: false, value: add("a") };
      },
    }),
  };
  const { reader } = open(source);
  for (let i = 0; i < 3; i++) await expect(reader.readNext()).rejects.toThrow("row 2");
  expect(() => reader.takeWindow()).toThrow("row 2");
  expect(asked).toBe(2);
  expect([reader.size, reader.position()]).toEqual([1, { records: 0 }]);
});

test("a window that is due stays due until it is taken, and meanwhile the source is asked for one record at a time", async () => {
  const { reader, time, state } = openQueue(
    [
      [0, add("a")],
      [100_000, add("b")],
    ],
    { flushAfterMs: 5000 },
  );
  for (let i = 0; i < 3; i++) expect(await reader.readNext()).toBe(true);
  expect([time.now(), state.asked]).toEqual([5000, 2]);
  expect([...reader.takeWindow().seal().actions()]).toEqual([add("a")]);
  expect(await reader.readNext()).toBe(true);
  expect([...reader.takeWindow().seal().actions()]).toEqual([add("b")]);
  expect([time.now(), state.asked]).toEqual([100_000, 3]);
});

test("lets the event loop run after 10 ms, and looks at the clock once for 16 records", async () => {
  const yieldsWhere16RecordsTake = async (ms: number) => {
    function* source() {
      for (let n = 0; n < 160; n++) {
        time.skip(ms / 16);
        yield add(`${n}`);
      }
    }
    const { reader, time, counts } = open(source(), { window: 1000 });
    await reader.readNext();
    return counts.yields;
  };
  expect(await yieldsWhere16RecordsTake(9.5)).toBe(5);
  expect(await yieldsWhere16RecordsTake(10)).toBe(10);
  expect(await yieldsWhere16RecordsTake(1000)).toBe(10);
});

test("asks for no record that is not wanted any more after the event loop has run", async () => {
  let asked = 0;
  function* source() {
    for (;;) {
      time.skip(1);
      yield add(`${asked++}`);
    }
  }
  const { reader, time, halt, taken } = open(source(), { window: 1000 });
  const reading = reader.readNext();
  halt.abort();
  expect(await reading).toBe(false);
  expect([asked, taken.length]).toEqual([16, 16]);
});

test("a record that comes after the halt is not taken", async () => {
  const { reader, halt, taken, state } = openQueue([
    [0, add("a")],
    [1000, add("b")],
  ]);
  const reading = reader.readNext();
  await idle();
  halt.abort();
  expect(await reading).toBe(false);
  expect([taken, reader.size, state.asked]).toEqual([["a"], 1, 2]);
});

test("a halt ends the wait of a window that would be due later", async () => {
  const { reader, time, halt } = openQueue(
    [
      [0, add("a")],
      [1000, add("b")],
    ],
    { flushAfterMs: 5000 },
  );
  const reading = reader.readNext();
  await idle();
  halt.abort();
  expect(await reading).toBe(false);
  await idle();
  expect([time.now(), time.asleep]).toEqual([1000, 0]);
});

test("waits until what is told of an invalid record is written", async () => {
  let write = (): void => {};
  const written = new Promise<void>((resolve) => {
    write = resolve;
  });
  const opened = open([bad, add("a")], { invalid: "skip" }, () => written as unknown as undefined);
  const reading = opened.reader.readNext();
  await idle();
  expect([opened.taken, opened.rejected]).toEqual([[], [[1, bad]]]);
  write();
  expect(await reading).toBe(true);
  expect(opened.taken).toEqual(["a"]);
});

test("an invalid record that is no error leaves the position behind it; one that is leaves it before", async () => {
  const skipped = open([bad], { invalid: "skip" });
  expect(await skipped.reader.readNext()).toBe(false);
  expect(skipped.reader.position()).toEqual({ records: 1 });
  const thrown = open([bad]);
  await expect(thrown.reader.readNext()).rejects.toThrow("invalid actions");
  expect(thrown.reader.position()).toEqual({ records: 0 });
});

test("an error has 100 issues at most, also where the last record has more than fit", async () => {
  const worse = { action: "x" };
  const { reader, rejected } = open([...Array.from({ length: 99 }, () => bad), worse, bad]);
  await expect(reader.readNext()).rejects.toMatchObject({ issues: { length: 100 } });
  expect(rejected.at(-1)).toEqual([2, worse]);
});

test("an invalid record is told of once it has waited long enough, also if it is the first", async () => {
  const { reader, time } = openQueue(
    [
      [0, bad],
      [100_000, add("a")],
    ],
    { flushAfterMs: 5000 },
  );
  await expect(reader.readNext()).rejects.toThrow("invalid actions");
  expect(time.now()).toBe(5000);
});

test("a record whose getter throws is rejected, and its error ends the reading", async () => {
  const record = {
    action: "add",
    get id(): string {
      throw new Error("no id today");
    },
  };
  const { reader, rejected, taken } = open([add("a"), record, add("b")]);
  await expect(reader.readNext()).rejects.toThrow("no id today");
  expect([rejected, taken]).toEqual([[[0, record]], ["a"]]);
});

test("a source shorter than what is to be skipped is an error that says both lengths", async () => {
  const { reader } = open(adds(3), { skip: 5 });
  await expect(reader.readNext()).rejects.toThrow(
    "Expected `resumeFrom.records` to be at most the 3 records of the source, got 5",
  );
  const { reader: exact } = open(adds(5), { skip: 5 });
  expect(await exact.readNext()).toBe(false);
  expect([exact.isEmpty, exact.position()]).toEqual([true, { records: 5 }]);
});

test("what comes after a sink is set goes there, and what was filled before is handed over", async () => {
  const { reader } = open(adds(5));
  await reader.readNext();
  const diverted: [string, number][] = [];
  const windows = reader.divert({ append: ({ id }, record) => void diverted.push([id, record]) });
  const actions = windows.map((window) => [...window.seal().actions()] as AudienceAction[]);
  expect(actions).toEqual([adds(2), [add("2")]]);
  expect([reader.size, reader.position()]).toEqual([0, { records: 0 }]);
  expect(await reader.readNext()).toBe(false);
  expect(diverted).toEqual([
    ["3", 3],
    ["4", 4],
  ]);
  expect([reader.isEmpty, reader.position()]).toEqual([true, { records: 5 }]);
});
