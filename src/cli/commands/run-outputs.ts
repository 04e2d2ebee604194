import { resolve } from "node:path";
import type { Checkpoint } from "../../index.ts";
import type { Flags } from "../arguments.ts";
import { systemReason, UsageError } from "../cli-errors.ts";
import { AtomicFile, cannotWrite } from "../files/atomic-file.ts";
import { CheckpointFile, loadCheckpoint, type RunIdentity } from "../files/checkpoint-file.ts";
import { RejectedFile } from "../files/rejected-file.ts";
import type { Input } from "../input/find-inputs.ts";
import { RecordEnds } from "../input/input-fingerprint.ts";
import { Rejections } from "../output/rejections.ts";
import type { Terminal } from "../output/terminal.ts";

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
}

/** Throws a `UsageError` for files that would overwrite each other or an input, or that cannot be written. */
export function openOutputs(flags: Flags, run: RunIdentity): RunOutputs {
  checkPaths(flags, run.inputs);
  const { checkpoint: path, rejected } = flags;
  const dryRun = flags["dry-run"] === true;
  const saved = path === undefined ? undefined : loadCheckpoint(path, run);
  const resumeFrom = saved?.checkpoint;
  const ends = path === undefined ? undefined : new RecordEnds(saved?.settled);
  const checkpointFile =
    path === undefined || ends === undefined || dryRun
      ? undefined
      : new CheckpointFile(path, run, ends, resumeFrom ?? { records: 0 });
  const rejectedFile =
    rejected === undefined ? undefined : new RejectedFile(rejected, resumeFrom?.records ?? 0);
  return {
    rejections: new Rejections(rejectedFile),
    rejectedFile,
    checkpointFile,
    resumeFrom,
    ends,
    undelivered: dryRun ? undefined : flags.undelivered,
  };
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
    const { checkpointFile, rejectedFile, rejections } = this.#outputs;
    if (checkpointFile === undefined) return;
    try {
      // First: a run that resumes after a record does not reject it again.
      rejectedFile?.flush();
      checkpointFile.save(rejections.beforeRefused(checkpoint));
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

function checkPaths({ rejected, checkpoint, undelivered }: Flags, inputs: readonly Input[]): void {
  const read = new Set(inputs.filter(({ path }) => path !== "-").map(({ path }) => resolve(path)));
  const written = new Set<string>();
  for (const [flag, path] of Object.entries({ checkpoint, rejected, undelivered })) {
    if (path === undefined) continue;
    const isRead = read.has(resolve(path));
    // What was not delivered is written when all is read, so it may take the place of what was.
    if (isRead && flag !== "undelivered") throw new UsageError(`--${flag} ${path}: is an input too`);
    if (written.has(resolve(path)))
      throw new UsageError(`--${flag} ${path}: is written to by another option`);
    written.add(resolve(path));
  }
  if (undelivered !== undefined) checkWritable(undelivered);
}

function checkWritable(undelivered: string): void {
  try {
    new AtomicFile(undelivered).discard();
  } catch (error) {
    throw cannotWrite("--undelivered", undelivered, error);
  }
}
