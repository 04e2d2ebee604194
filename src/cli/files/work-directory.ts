import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Checkpoint, UpdateOptions } from "../../index.ts";
import { directory } from "../../node/index.ts";
import { UsageError } from "../cli-errors.ts";
import type { Flags } from "../command-options.ts";
import type { Terminal } from "../output/terminal.ts";

/** Where the actions of an input go that does not fit one window. */
export class WorkDirectory {
  readonly #path: string;
  readonly #terminal: Terminal;

  constructor(path: string, terminal: Terminal) {
    this.#path = path;
    this.#terminal = terminal;
  }

  get spill(): UpdateOptions["spill"] {
    return directory(this.#path);
  }

  /** The checkpoint with which a run resumes: without the actions on disk if they are gone, as temporary files may be. */
  resumable({ spilled, ...checkpoint }: Checkpoint): Checkpoint {
    if (spilled === undefined) return checkpoint;
    if (this.#holds(spilled.id)) {
      this.#terminal.note(`Resuming from ${this.#path}, without reading the input again.`);
      return { ...checkpoint, spilled };
    }
    const gone = existsSync(this.#path) ? `The actions in ${this.#path} are` : `${this.#path} is`;
    this.#terminal.note(`${gone} gone: reading the input again.`);
    return checkpoint;
  }

  /** Those who clean up temporary files may leave the folder, and take one file of it before the other. */
  #holds(id: string): boolean {
    return ["spill.json", `spill-${id}.data`].every((name) => existsSync(join(this.#path, name)));
  }

  /** The run has ended. It is `needed` if another one resumes from it. */
  end(needed: boolean): void {
    if (!existsSync(this.#path)) return;
    if (needed) this.#terminal.note(`The actions that are not sent yet are in ${this.#path}.`);
    else rmSync(this.#path, { recursive: true, force: true });
  }
}

/** The same command with a checkpoint finds the same one again. `undefined` with `--no-spill`. */
export function findWorkDirectory(flags: Flags, terminal: Terminal): WorkDirectory | undefined {
  const { "work-dir": given, "no-spill": isOff, checkpoint } = flags;
  if (isOff) {
    if (given !== undefined) throw new UsageError("--work-dir and --no-spill: give one of them");
    return undefined;
  }
  if (given !== undefined && statSync(given, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--work-dir ${given}: there is no such directory`);
  }
  // A dry run must not touch what is to be sent.
  const name =
    checkpoint === undefined || flags["dry-run"]
      ? randomBytes(8).toString("hex")
      : createHash("sha256").update(resolve(checkpoint)).digest("hex").slice(0, 16);
  const path = join(given ?? tmpdir(), `batch-audiences-${name}`);
  if (!isOurs(path))
    throw new UsageError(`--work-dir: ${path} is no directory of this user; remove it, or name another`);
  return new WorkDirectory(path, terminal);
}

/** Others can write to a temporary directory too, and can know the name. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return true;
  return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
}
