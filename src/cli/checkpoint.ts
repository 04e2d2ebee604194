import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../index.ts";
import { systemReason, UsageError } from "./errors.ts";
import type { Input } from "./input.ts";
import { ANEW } from "./reader.ts";
import type { Mark, Trail } from "./trail.ts";
import { cannotWrite, writeWhole } from "./whole-file.ts";

/** What a run does: a checkpoint goes with no other. */
export interface Run {
  audience: string;
  /** Tells the API and the project apart, without naming either. */
  destination: string;
  idColumn: string;
  inputs: readonly Input[];
}

interface Saved extends Run {
  version: 1;
  /** The part of the inputs that the settled records are in. */
  settled: Mark;
  checkpoint: Checkpoint;
}

const VERSION = 1;

export function destinationOf(...parts: (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** What an earlier run of the same command left, or `undefined` where there was none. */
export function loadCheckpoint(path: string, run: Run): Pick<Saved, "settled" | "checkpoint"> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`--checkpoint ${path}: ${systemReason(error)}`, { cause: error });
  }
  const saved = parse(path, text);
  const { settled, checkpoint } = saved;
  // Nothing is settled yet, so nothing can have changed.
  if (checkpoint.records === 0) return { settled: { ...settled, bytes: 0 }, checkpoint };
  const difference = differenceOf(saved, run);
  if (difference !== undefined) throw new UsageError(`--checkpoint ${path}: ${difference}; ${ANEW}`);
  return { settled, checkpoint };
}

function parse(path: string, text: string): Saved {
  try {
    const saved = JSON.parse(text) as Saved;
    const { version, settled, checkpoint, inputs } = saved;
    const counts = [settled.bytes, settled.records, checkpoint.records];
    if (version === VERSION && Array.isArray(inputs) && counts.every(Number.isSafeInteger)) return saved;
  } catch {
    // Said below.
  }
  throw new UsageError(`--checkpoint ${path}: is no checkpoint of batch-audiences; name another file`);
}

function differenceOf(saved: Saved, run: Run): string | undefined {
  if (saved.audience !== run.audience) return `is of the audience ${saved.audience}`;
  if (saved.destination !== run.destination) return "is of another project, base URL or API version";
  const asNow = run.inputs.map(({ path }) => path);
  const asThen = saved.inputs.map(({ path }) => path);
  if (!isDeepStrictEqual(asThen, asNow)) return `is of the input ${asThen.join(", ")}`;
  for (const [at, now] of run.inputs.entries()) {
    const then = saved.inputs[at];
    if (then?.size !== now.size) return `${now.name} has another size than before`;
    if (then?.modifiedMs !== now.modifiedMs) return `${now.name} was modified since`;
    if (then?.format !== now.format || then.action !== now.action)
      return `${now.name} was read in another way`;
  }
  return saved.idColumn === run.idColumn ? undefined : `is of the id column ${saved.idColumn}`;
}

/** Writes the checkpoint as the run goes. */
export class CheckpointFile {
  readonly #path: string;
  readonly #run: Run;
  readonly #trail: Trail;
  #written = "";

  /** Throws a `UsageError` where it cannot be written: better now than in the night. */
  constructor(path: string, run: Run, trail: Trail, from: Checkpoint | undefined) {
    this.#path = path;
    this.#run = run;
    this.#trail = trail;
    try {
      this.save(from ?? { records: 0 });
    } catch (error) {
      throw cannotWrite("--checkpoint", path, error);
    }
  }

  save(checkpoint: Checkpoint): void {
    const saved: Saved = {
      version: VERSION,
      ...this.#run,
      settled: this.#trail.markAt(checkpoint.records),
      checkpoint,
    };
    const text = `${JSON.stringify(saved, null, 2)}\n`;
    if (text === this.#written) return;
    writeWhole(this.#path, text);
    this.#written = text;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
