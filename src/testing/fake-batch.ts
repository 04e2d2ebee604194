import type { Runtime } from "../runtime.ts";
import { failure } from "./answers.ts";
import type { Attributes } from "./catalog.ts";
import type { Counts, FakeBatchOptions, RequestEntry, Violation } from "./fake-options.ts";
import { FakeServer } from "./fake-server.ts";
import { fakeTime } from "./fake-time.ts";
import { createFetch, IN_PROCESS_URL } from "./in-process.ts";
import { type Listening, listen } from "./loopback.ts";
import { violationError } from "./violation-error.ts";
import { idle } from "./virtual-time.ts";

/** An audience as a campaign would see it. */
export interface FakeAudience {
  /**
   * The ids with their attributes, as they were sent: dates and URLs are strings. Empty if there is no such audience. The map
   * changes as more is applied.
   */
  readonly members: ReadonlyMap<string, Attributes>;
}

/** Batch's Audience API, without Batch: all six routes, with a state, a rate, a lag of its indexing and faults. */
export interface FakeBatch {
  /** For the client's option `fetch`. Nothing goes over a network. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For the client's option `runtime`: virtual time that the fake shares, in which nothing really waits. */
  readonly runtime: Runtime;
  /** A base URL of this fake, for requests of your own through `fetch`. A client does not need it. */
  readonly url: string;

  /** What was asked, in the order of arrival. */
  readonly requests: readonly RequestEntry[];
  readonly counts: Readonly<Counts>;
  /** The rules that were broken, the first thousand. */
  readonly violations: readonly Violation[];

  /** What has been applied to an audience by now. For what it becomes in the end, `await settled()` before. */
  audience(name: string): FakeAudience;
  /** All audiences there are by now, by their names: those that were given, created or written to, and not removed. */
  audiences(): Map<string, FakeAudience>;
  /**
   * Lets everything arrive that is late, and applies all that was accepted. Rejects with what a function in the options has
   * thrown: to the client that looked like one more fault.
   */
  settled(): Promise<void>;
  /**
   * Throws if a client did what no correct client does: an id outstanding twice, a request sooner than the rate allows, the REST
   * key outside its header, and what else `Violation` lists. The message has the seed to replay the run with.
   */
  expectNoViolations(): void;

  /** The next `count` requests are answered with 429. Default 1. */
  throttleNext(count?: number): void;
  /** The next request is answered with this status, of 400 to 599, and is not carried out. */
  failNext(status: number): void;
  /** The next request is carried out, and its connection ends before the answer. */
  loseNextAnswer(): void;
  /** The next request is neither carried out nor answered: the client has to give it up. */
  hangNext(): void;
  /** Empties an audience, as another program does with a replace: the tokens issued for it so far are `REPLACED`. */
  replace(name: string): void;

  /**
   * Serves the same fake on 127.0.0.1, for other processes and other languages. Needs Node's `http`. From then on the time of the
   * fake is the real one. `port`: default any that is free.
   */
  listen(port?: number): Promise<Listening>;
}

/** Starts with no ids on any audience. Throws a `RangeError` if the rates of `faults` are more than 1 together. */
export function createFakeBatch(options: FakeBatchOptions = {}): FakeBatch {
  const { seed = 1 } = options;
  const time = fakeTime(seed, options.runtime);
  const server = new FakeServer(options, time);

  function audience(name: string): FakeAudience {
    return { members: server.members(name) };
  }

  return {
    fetch: createFetch(server, time),
    runtime: time,
    url: IN_PROCESS_URL,
    requests: server.requests,
    counts: server.counts,
    get violations() {
      return server.violations;
    },
    audience,
    audiences: () => new Map(server.audienceNames().map((name) => [name, audience(name)])),
    async settled() {
      server.applyAll();
      // What had reached the fake is taken in.
      await idle();
      server.applyAll();
      server.throwFailure();
    },
    expectNoViolations() {
      server.throwFailure();
      if (server.violations.length > 0) throw violationError(server.violations, seed);
    },
    throttleNext(count = 1) {
      for (let number = 0; number < count; number++) server.force("throttle");
    },
    failNext(status) {
      if (!Number.isInteger(status) || status < 400 || status > 599) {
        throw new RangeError(`Expected a status from 400 to 599, got ${status}`);
      }
      server.force(failure(status));
    },
    loseNextAnswer: () => server.force("lose the answer"),
    hangNext: () => server.force("hang"),
    replace: (name) => server.replace(name),
    async listen(port = 0) {
      const listening = await listen(server, port);
      time.becomeReal();
      return listening;
    },
  };
}
