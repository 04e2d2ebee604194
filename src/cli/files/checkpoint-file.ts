import { readFileSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../../index.ts";
import { RESTART_HINT, systemReason, UsageError } from "../cli-errors.ts";
import type { Input } from "../input/find-inputs.ts";
import type { RecordEnds } from "../input/input-fingerprint.ts";
import type { RecordsEnd } from "../input/row.ts";
import { cannotWrite, writeAtomically } from "./atomic-file.ts";

/** What a run does: a checkpoint fits no other. */
export interface RunIdentity {
  audience: string;
  /** A hash of the API and the project. */
  destination: string;
  idColumn: string;
  inputs: readonly Input[];
}

/** Where a run over the same inputs resumes. */
export interface ResumePoint {
  checkpoint: Checkpoint;
  /** A part of the inputs that holds the records of the checkpoint. */
  settled: RecordsEnd;
}

interface Saved extends RunIdentity, ResumePoint {
  version: 1;
}

const VERSION = 1;

/** What an earlier run of the same command left, or `undefined` where there was none. */
export function loadCheckpoint(path: string, run: RunIdentity): ResumePoint | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const saved = parse(path, text);
  const { settled, checkpoint } = saved;
  // No record is settled, so none can have changed.
  if (checkpoint.records === 0) return { settled: { ...settled, bytes: 0 }, checkpoint };
  const difference = differenceOf(saved, run);
  if (difference !== undefined) throw new UsageError(`--checkpoint ${path}: ${difference}; ${RESTART_HINT}`);
  return { settled, checkpoint };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`--checkpoint ${path}: ${systemReason(error)}`, { cause: error });
  }
}

function parse(path: string, text: string): Saved {
  try {
    const saved = JSON.parse(text) as Saved;
    const { version, settled, checkpoint, inputs } = saved;
    const counts = [settled.bytes, settled.records, checkpoint.records];
    if (version === VERSION && Array.isArray(inputs) && counts.every(Number.isSafeInteger)) return saved;
  } catch {
    // The message is below.
  }
  throw new UsageError(`--checkpoint ${path}: is no checkpoint of batch-audiences; name another file`);
}

function differenceOf(saved: Saved, run: RunIdentity): string | undefined {
  if (saved.audience !== run.audience) return `is of the audience ${saved.audience}`;
  if (saved.destination !== run.destination) return "is of another project, base URL or API version";
  const before = saved.inputs.map(({ path }) => path);
  const now = run.inputs.map(({ path }) => path);
  if (!isDeepStrictEqual(before, now)) return `is of the input ${before.join(", ")}`;
  for (const [at, input] of run.inputs.entries()) {
    const difference = differenceOfInput(saved.inputs[at]!, input);
    if (difference !== undefined) return `${input.name} ${difference}`;
  }
  return saved.idColumn === run.idColumn ? undefined : `is of the id column ${saved.idColumn}`;
}

function differenceOfInput(before: Input, now: Input): string | undefined {
  if (before.size !== now.size) return "has another size than before";
  if (before.modifiedMs !== now.modifiedMs) return "was modified since";
  const isReadAlike = before.format === now.format && before.action === now.action;
  return isReadAlike ? undefined : "was read in another way";
}

/** Written as the run goes. */
export class CheckpointFile {
  readonly #path: string;
  readonly #run: RunIdentity;
  readonly #ends: RecordEnds;
  #written = "";

  /** Throws a `UsageError` where it cannot be written: at the start, not hours later. */
  constructor(path: string, run: RunIdentity, ends: RecordEnds, start: Checkpoint) {
    this.#path = path;
    this.#run = run;
    this.#ends = ends;
    try {
      this.save(start);
    } catch (error) {
      throw cannotWrite("--checkpoint", path, error);
    }
  }

  save(checkpoint: Checkpoint): void {
    const settled = this.#ends.of(checkpoint.records);
    const saved: Saved = { version: VERSION, ...this.#run, settled, checkpoint };
    const text = `${JSON.stringify(saved, null, 2)}\n`;
    if (text === this.#written) return;
    writeAtomically(this.#path, text);
    this.#written = text;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
