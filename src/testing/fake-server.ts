// The server of a fake: what it is sent becomes an audience, late, in any order, and with whatever faults it is asked to have.
// It does not know how requests reach it: `in-process.ts` and `loopback.ts` do.

import { onAbort, type Runtime } from "../runtime.ts";
import { type Answer, tooLarge, withEcho, withHeader } from "./answers.ts";
import type { Content } from "./catalog.ts";
import { Checks, type Flight } from "./checks.ts";
import type { Counts, FakeBatchOptions, RequestEntry, Span, Violation } from "./fake-options.ts";
import { type Forced, type Reply, replyOf } from "./faults.ts";
import type { Incoming } from "./incoming.ts";
import { createPlanner, type Plan } from "./plan.ts";
import {
  type Arrived,
  createRoutes,
  drain,
  isElsewhere,
  pretendedAnswer,
  routeOf,
  UPDATE,
  VIEW,
  writeKindOf,
} from "./routes.ts";
import { type Header, parseWrite, type Write } from "./rules.ts";
import { State } from "./state.ts";

/** The time that the server lives in. */
export interface Clock extends Pick<Runtime, "now" | "date" | "sleep"> {
  readonly isVirtual: boolean;
}

interface Exchange {
  incoming: Incoming;
  entry: RequestEntry;
  flight: Flight;
  /** The work of a request that arrives after its connection has ended. */
  afterwards?: () => void;
}

export class FakeServer {
  readonly counts: Counts = { requests: 0, updates: 0, views: 0, accepted: 0, throttled: 0, faults: 0 };
  readonly requests: RequestEntry[] = [];

  readonly #options: FakeBatchOptions;
  readonly #clock: Clock;
  readonly #state: State;
  readonly #checks: Checks;
  readonly #planOf: (entry: RequestEntry) => Plan;
  readonly #answerTo: (arrived: Arrived) => Answer;
  /** Requests that have not arrived yet, though their connection has ended. */
  #late: { due: number; arrive: () => void }[] = [];
  /** For the next requests, one each. */
  readonly #forced: Forced[] = [];
  /** What functions in the options have thrown. */
  readonly #failures: unknown[] = [];

  constructor(options: FakeBatchOptions, clock: Clock) {
    const { indexLag: lag = { requests: 0 }, order = "random" } = options;
    const { unknownUntilCreated = false, supersedes = true } = options;
    this.#options = options;
    this.#clock = clock;
    const indexLag = "ms" in lag ? lag.ms : lag.requests;
    this.#state = new State({ indexLag, order, unknownUntilCreated, supersedes }, options.audiences);
    this.#checks = new Checks(supersedes);
    this.#planOf = createPlanner(options, {
      date: () => this.#date(),
      isVirtual: () => clock.isVirtual,
      takeForced: () => this.#forced.shift(),
    });
    this.#answerTo = options.drainOnly ? drain : createRoutes(this.#state, options, () => this.#lagClock());
  }

  /** The rules that were broken; the first thousand. */
  get violations(): readonly Violation[] {
    return this.#checks.violations;
  }

  /** What has been applied to an audience by now; empty when there is none. */
  members(name: string): Content {
    this.#advance();
    return this.#state.catalog.content(name);
  }

  /** All audiences that were given, created or written to, and not removed by now. */
  audienceNames(): string[] {
    this.#advance();
    return this.#state.catalog.list().map(({ name }) => name);
  }

  /** Decides what becomes of the next request that has nothing decided yet. */
  force(forced: Forced): void {
    this.#forced.push(forced);
  }

  /** Lets everything arrive that is late, and applies all that waits, in its order. */
  applyAll(): void {
    for (const { arrive } of this.#late.splice(0)) arrive();
    this.#state.applyAll();
  }

  /** Empties an audience, and all tokens issued for it so far are REPLACED. */
  replace(name: string): void {
    this.#state.replace(name);
  }

  /** Throws what a function in the options has thrown: to the client it looked like one more fault, which hides it. */
  throwFailure(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** For a transport: what the client gets to see. Rejects when the client has given up, or a function has thrown. */
  async handle(incoming: Incoming): Promise<Reply> {
    const { signal } = incoming;
    const entry = this.#record(incoming);
    const exchange: Exchange = { incoming, entry, flight: this.#checks.begin(entry.number) };
    const forget = onAbort(signal, () => this.#end(exchange, true));
    let hangs = false;
    try {
      const reply = await this.#serve(exchange);
      hangs = reply.kind === "hang";
      return reply;
    } catch (error) {
      if (!signal.aborted) this.#failures.push(error);
      throw error;
    } finally {
      // One that hangs is outstanding until the client gives up.
      if (!hangs) {
        forget();
        this.#end(exchange, false);
      }
    }
  }

  async #serve(exchange: Exchange): Promise<Reply> {
    const { drainOnly = false, maxBodyBytes = Number.POSITIVE_INFINITY, onRequest } = this.#options;
    const { incoming, entry, flight } = exchange;
    const { url, header, signal } = incoming;
    this.#advance();
    const { fault, latencyMs, random } = this.#plan(entry);
    onRequest?.(entry);
    const resetMidway = fault?.kind === "resetMidRequest";
    const body = await incoming.read({ maxBytes: drainOnly ? 0 : maxBodyBytes, resetMidway });
    if (body === undefined) return { kind: "reset" };
    entry.bytes = body.bytes;
    const kind = drainOnly ? undefined : writeKindOf(entry.route);
    const parsed = kind && parseWrite(kind, body.text);
    this.#checks.lookForKey(entry.number, incoming, body.text);
    if (parsed !== undefined && "actions" in parsed) this.#identify(parsed, entry, flight);

    const work = () => this.#work({ entry, header, url, parsed, random });
    const answer = fault === undefined || fault.work === "before" ? work() : pretendedAnswer(entry.route);
    if (fault?.work === "later") exchange.afterwards = work;
    if (latencyMs > 0) await this.#clock.sleep(latencyMs, signal);
    const reply = replyOf(fault, answer, incoming.elsewhere);
    if (reply.kind !== "whole") return reply;
    entry.status = reply.answer.status;
    return { kind: "whole", answer: this.#finish(reply.answer, header) };
  }

  /** Does nothing the second time. `abandoned`: it was the client who ended it. */
  #end({ entry, flight, afterwards }: Exchange, abandoned: boolean): void {
    if (entry.endedAt !== undefined) return;
    entry.endedAt = this.#clock.now();
    this.#checks.end(flight, abandoned);
    if (afterwards !== undefined) this.#postpone(afterwards);
  }

  #record({ method, url }: Incoming): RequestEntry {
    const entry: RequestEntry = {
      number: ++this.counts.requests,
      route: routeOf(method, url),
      at: this.#clock.now(),
      bytes: 0,
      accepted: false,
    };
    if (this.#options.log !== false) this.requests.push(entry);
    if (isElsewhere(entry.route)) this.#checks.redirected(entry.number);
    if (entry.route === UPDATE) this.counts.updates++;
    if (entry.route === VIEW) this.counts.views++;
    return entry;
  }

  #plan(entry: RequestEntry): Plan {
    const plan = this.#planOf(entry);
    if (plan.tooFast) this.#checks.tooFast(entry.number);
    if (plan.fault !== undefined) {
      entry.fault = plan.fault.kind;
      if (plan.fault.kind === "throttled") this.counts.throttled++;
      else this.counts.faults++;
    }
    return plan;
  }

  /** What can be said of a write whatever its answer will be. */
  #identify(write: Write, entry: RequestEntry, flight: Flight): void {
    entry.audience = write.name;
    const hasIds = write.kind === "update" || write.kind === "replace";
    if (hasIds && this.#options.log !== false) entry.ids = write.actions.map(({ id }) => id);
    this.#checks.identify(flight, write);
  }

  #work(arrived: Arrived): Answer {
    const { entry } = arrived;
    if (entry.bytes > (this.#options.maxBodyBytes ?? Number.POSITIVE_INFINITY)) return tooLarge;
    const answer = this.#answerTo(arrived);
    if (entry.accepted) {
      this.counts.accepted++;
      this.#checks.compareWithWaiting(entry.number, this.#state.waiting(entry.audience ?? ""));
    }
    return answer;
  }

  #finish(answer: Answer, header: Header): Answer {
    const { echo = false, clockSkewMs } = this.#options;
    const echoed = echo ? withEcho(answer, header("authorization") ?? "") : answer;
    if (clockSkewMs === undefined) return echoed;
    return withHeader(echoed, "Date", new Date(this.#date()).toUTCString());
  }

  #postpone(arrive: () => void): void {
    const { lateBy = { requests: 1 } } = this.#options;
    const due = "ms" in lateBy ? this.#clock.now() + lateBy.ms : this.counts.requests + lateBy.requests + 1;
    this.#late.push({ due, arrive });
  }

  /** Lets arrive, and applies, what has fallen due by now. */
  #advance(): void {
    const { lateBy = { requests: 1 } } = this.#options;
    const now = this.#countIn(lateBy);
    const due = this.#late.filter((late) => late.due <= now);
    this.#late = this.#late.filter((late) => late.due > now);
    for (const { arrive } of due) arrive();
    this.#state.advance(this.#lagClock());
  }

  #lagClock(): number {
    return this.#countIn(this.#options.indexLag ?? { requests: 0 });
  }

  /** The clock that a span is measured by. */
  #countIn(span: Span): number {
    return "ms" in span ? this.#clock.now() : this.counts.requests;
  }

  #date(): number {
    return this.#clock.date() + (this.#options.clockSkewMs ?? 0);
  }
}
