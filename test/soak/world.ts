// What the programs of a soak share: the time, the signal and the counts.

import type { UpdateReport } from "batch-audiences";
import { imbalance } from "../support/oracle.ts";
import { createRandom, integer, type Random } from "../support/random.ts";

type RunKind = "short update" | "long input" | "mirror" | "delivery" | "replace" | "endless";

/** One in so many runs is aborted. */
const ABORTED = 8;
const LONGEST_BEFORE_ABORT_MS = 1_500;

export class World {
  readonly seed: number;
  /** Where spills and states are. */
  readonly folder: string;
  /** Given to each run that is not to be aborted, for the whole soak. */
  readonly shared = new AbortController();
  readonly runs = new Map<RunKind, number>();
  aborted = 0;
  actions = 0;
  /** What went wrong, in words. */
  readonly wrong: string[] = [];
  #isOver = false;

  constructor(seed: number, folder: string) {
    this.seed = seed;
    this.folder = folder;
  }

  /** The programs end their rounds, and begin no other. */
  end(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The same for a program and a round of it, whatever happened before. */
  randomOf(program: number, round: number): Random {
    return createRandom(this.seed, program, round);
  }

  /** A run that came to its end. */
  add(kind: RunKind, report: UpdateReport): void {
    this.runs.set(kind, (this.runs.get(kind) ?? 0) + 1);
    this.#count(kind, report);
    if (report.received === report.superseded + report.accepted) return;
    this.wrong.push(`${kind} of ${report.audience} has left something: ${JSON.stringify(countsOf(report))}`);
  }

  addAborted(kind: RunKind, report: UpdateReport | undefined): void {
    this.aborted++;
    if (report !== undefined) this.#count(kind, report);
  }

  #count(kind: RunKind, report: UpdateReport): void {
    this.actions += report.received;
    if (imbalance(report) === 0) return;
    this.wrong.push(`${kind} of ${report.audience} does not balance: ${JSON.stringify(countsOf(report))}`);
  }

  /** Calls `run` with a signal that is aborted now and then, and `stopped` with what `run` then rejects with. */
  async interrupted<T>(
    random: Random,
    run: (signal: AbortSignal) => Promise<T>,
    stopped: (error: unknown) => Promise<T>,
  ): Promise<T> {
    if (integer(random, ABORTED - 1) > 0) return run(this.shared.signal);
    const controller = new AbortController();
    const abort = () => controller.abort(new Error("stopped"));
    const timer = setTimeout(abort, integer(random, LONGEST_BEFORE_ABORT_MS));
    try {
      return await run(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      return await stopped(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function countsOf({ received, superseded, rejected, accepted, failed, unsent }: UpdateReport) {
  return { received, superseded, rejected, accepted, failed, unsent };
}
