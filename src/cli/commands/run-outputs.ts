import type { Checkpoint } from "../../index.ts";
import { systemReason } from "../cli-errors.ts";
import type { Flags } from "../command-options.ts";
import { CheckpointFile, loadCheckpoint, type RunIdentity } from "../files/checkpoint-file.ts";
import { checkOutputPaths } from "../files/output-paths.ts";
import { RejectedFile } from "../files/rejected-file.ts";
import { RunLock } from "../files/run-lock.ts";
import { findWorkDirectory, type WorkDirectory } from "../files/work-directory.ts";
import { RecordEnds } from "../input/input-fingerprint.ts";
import { Rejections } from "../output/rejections.ts";
import type { Terminal } from "../output/terminal.ts";
import type { World } from "../world.ts";

/** What a run writes besides its result. */
export interface RunOutputs {
  rejections: Rejections;
  rejectedFile: RejectedFile | undefined;
  checkpointFile: CheckpointFile | undefined;
  /** What an earlier run left in the checkpoint. */
  resumeFrom: Checkpoint | undefined;
  /** For the reader of the inputs to fill. */
  ends: RecordEnds | undefined;
  /** Path of the file for what is not delivered. */
  undelivered: string | undefined;
  lock: RunLock | undefined;
  workDirectory: WorkDirectory | undefined;
}

/** Throws a `UsageError` for files that would overwrite each other or an input, or that cannot be written. */
export function openOutputs(flags: Flags, run: RunIdentity, terminal: Terminal, world: World): RunOutputs {
  const { checkpoint: path, rejected, undelivered } = flags;
  checkOutputPaths({ checkpoint: path, rejected, undelivered }, run.inputs, world);
  const dryRun = flags["dry-run"] === true;
  const workDirectory = findWorkDirectory(flags, terminal);
  const lock = path === undefined || dryRun ? undefined : new RunLock(path);
  try {
    const saved = path === undefined ? undefined : loadCheckpoint(path, run);
    const resumeFrom = saved && resumable(saved.checkpoint, dryRun ? undefined : workDirectory);
    const ends = path === undefined ? undefined : new RecordEnds(saved?.settled);
    const rejectedFile =
      rejected === undefined ? undefined : new RejectedFile(rejected, recordsBefore(resumeFrom));
    const checkpointFile =
      path === undefined || ends === undefined || dryRun
        ? undefined
        : new CheckpointFile(path, run, ends, resumeFrom ?? { records: 0 });
    const rejections = new Rejections(rejectedFile);
    return {
      rejections,
      rejectedFile,
      checkpointFile,
      resumeFrom,
      ends,
      undelivered: dryRun ? undefined : undelivered,
      lock,
      workDirectory,
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Without a work directory, the input is read again. */
function resumable(checkpoint: Checkpoint, workDirectory: WorkDirectory | undefined): Checkpoint {
  if (workDirectory !== undefined) return workDirectory.resumable(checkpoint);
  const { spilled: _, ...rest } = checkpoint;
  return rest;
}

/** How many records of the input an earlier run has read, and this one does not read again. */
export function recordsBefore(resumeFrom: Checkpoint | undefined): number {
  if (resumeFrom?.spilled !== undefined) return Number.POSITIVE_INFINITY;
  return resumeFrom?.records ?? 0;
}

/** Saves how far the run is, after each answer. */
export class ProgressSaver {
  readonly #outputs: RunOutputs;
  readonly #terminal: Terminal;
  #hasFailed = false;

  constructor(outputs: RunOutputs, terminal: Terminal) {
    this.#outputs = outputs;
    this.#terminal = terminal;
  }

  save(checkpoint: Checkpoint): void {
    const { checkpointFile, rejectedFile } = this.#outputs;
    if (checkpointFile === undefined) return;
    try {
      // First: a run that resumes after a record does not reject it again.
      if (recordsBefore(checkpoint) > 0) rejectedFile?.flush();
      checkpointFile.save(checkpoint);
      this.#hasFailed = false;
    } catch (error) {
      // Delivery matters more. With an older checkpoint, a later run only sends more again.
      if (!this.#hasFailed) {
        this.#terminal.warn(`the checkpoint could not be written: ${systemReason(error)}; the run goes on`);
      }
      this.#hasFailed = true;
    }
  }
}
