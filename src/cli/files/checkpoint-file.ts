import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../../index.ts";
import { RESTART_HINT, systemReason, UsageError } from "../cli-errors.ts";
import type { CommandName } from "../command-options.ts";
import type { Input } from "../input/find-inputs.ts";
import type { RecordEnds } from "../input/input-fingerprint.ts";
import type { RecordsEnd } from "../input/row.ts";
import type { TableOptions } from "../input/table-options.ts";
import { cannotWrite, isSpecialFile, writeAtomically } from "./atomic-file.ts";

/** What a run does: a checkpoint fits no other. */
export interface RunIdentity {
  command: CommandName;
  audience: string;
  /** A hash of the API and the project. */
  destination: string;
  table: TableOptions;
  inputs: readonly Input[];
}

/** Where a run over the same inputs resumes. */
export interface ResumePoint {
  checkpoint: Checkpoint;
  /** A part of the inputs that holds the records of the checkpoint; missing where nothing depends on the inputs. */
  settled?: RecordsEnd;
}

interface Saved extends RunIdentity, Required<ResumePoint> {
  version: 1;
}

const VERSION = 1;

/** What an earlier run of the same command left, or `undefined` where there is nothing to resume. */
export function loadCheckpoint(path: string, run: RunIdentity): ResumePoint | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const saved = parse(path, text);
  const { settled, checkpoint } = saved;
  const difference = differenceOf(saved, run);
  // That run achieved nothing, so the input may have been corrected.
  const { records, ...left } = checkpoint;
  const isEmpty = records === 0 && Object.keys(left).length === 0;
  if (isEmpty) return difference === undefined ? { checkpoint } : undefined;
  if (difference === undefined) return { checkpoint, settled };
  throw new UsageError(`--checkpoint ${path}: ${difference}; ${RESTART_HINT}`);
}

function readIfThere(path: string): string | undefined {
  if (isSpecialFile(path)) throw new UsageError(`--checkpoint ${path}: is not a regular file`);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`--checkpoint ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/** Takes nothing but what `render` gave: records that a changed file names would be skipped in silence. */
function parse(path: string, text: string): Saved {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message is below.
  }
  if (typeof value !== "object" || value === null || !("version" in value && "checkpoint" in value)) {
    throw new UsageError(`--checkpoint ${path}: is no checkpoint of batch-audiences; name another file`);
  }
  const { digest, ...saved } = value as Saved & { digest?: unknown };
  if (saved.version === VERSION && isDigest(digest, saved)) return saved;
  throw new UsageError(`--checkpoint ${path}: is damaged or was changed by hand; ${RESTART_HINT}`);
}

function render(saved: Saved): string {
  return `${JSON.stringify({ ...saved, digest: digestOf(saved) }, null, 2)}\n`;
}

function isDigest(digest: unknown, saved: object): boolean {
  try {
    return digest === digestOf(saved);
  } catch {
    // Values that are nested so deeply overflow the stack of `JSON.stringify`. No run has written them.
    return false;
  }
}

function digestOf(saved: object): string {
  return createHash("sha256").update(JSON.stringify(saved)).digest("hex");
}

function differenceOf(saved: Saved, run: RunIdentity): string | undefined {
  // Checkpoints of 0.1.0 do not name it.
  const { command = "update" } = saved;
  if (command !== run.command) return `is of the command ${command}`;
  if (saved.audience !== run.audience) return `is of the audience ${saved.audience}`;
  if (saved.destination !== run.destination) return "is of another project, base URL or API version";
  const before = saved.inputs.map(({ path }) => path);
  const now = run.inputs.map(({ path }) => path);
  if (!isDeepStrictEqual(before, now)) return `is of the input ${before.join(", ")}`;
  for (const [at, input] of run.inputs.entries()) {
    const difference = differenceOfInput(saved.inputs[at]!, input);
    if (difference !== undefined) return `${input.name} ${difference}`;
  }
  const { idColumn } = saved.table ?? {};
  if (idColumn !== run.table.idColumn) return `is of the id column ${idColumn}`;
  return isDeepStrictEqual(saved.table, run.table) ? undefined : "is of other options for reading tables";
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
    const text = render({ version: VERSION, ...this.#run, settled, checkpoint });
    if (text === this.#written) return;
    writeAtomically(this.#path, text);
    this.#written = text;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
