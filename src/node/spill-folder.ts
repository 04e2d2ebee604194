import { randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../index.ts";
import type { SpillRun } from "../window/spill.ts";
import type { SpilledPosition } from "../window/window-source.ts";
import { toDirectoryError } from "./directory-error.ts";
import type { Disk } from "./durable-file.ts";
import type { Files } from "./files.ts";
import { FolderLock } from "./folder-lock.ts";
import { OpenSpill } from "./open-spill.ts";
import { PartitionFile, type PartitionTotals } from "./partition-file.ts";
import { isSameAudience, ownerOf, readManifest, writeManifest } from "./spill-manifest.ts";

const OPTION = "spill";
const MANIFEST = "spill.json";
/** What a run writes, and what a killed one may leave. Other files are none of its business. */
const LEFT_BY_RUNS = /^(?:spill\.json\..*|spill-[0-9a-f]+\.data|lock\..*\.tmp)$/;

/** The folder that a run may spill to. */
export class SpillFolder {
  readonly path: string;
  readonly #run: SpillRun;
  readonly #files: Files;
  readonly #disk: Disk;

  constructor(path: string, run: SpillRun, files: Files, disk: Disk) {
    this.path = path;
    this.#run = run;
    this.#files = files;
    this.#disk = disk;
  }

  /** Throws at once what `create` would throw hours later. Changes nothing. */
  check(): void {
    if (!existsSync(this.path)) return;
    if (!statSync(this.path).isDirectory()) throw expected("a directory", `the file ${this.path}`);
    try {
      accessSync(this.path, constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw expected("a directory that can be written", this.path, { cause });
    }
    FolderLock.check(this.path, OPTION);
    this.#checkManifest();
  }

  /** Room for new actions. What an earlier run has left for this audience is gone: its caller begins again. */
  create(): OpenSpill {
    return this.#locked((lock) => {
      this.#checkManifest();
      this.clear();
      const id = randomBytes(8).toString("hex");
      return new OpenSpill(this, id, PartitionFile.create(this.#dataOf(id), this.#files), lock);
    });
  }

  /** The actions that an earlier run has spilled, from where it has got to. */
  async resume({ id, partition, record }: SpilledPosition): Promise<OpenSpill> {
    const manifest = existsSync(this.path) ? this.#checkManifest() : undefined;
    if (manifest?.id !== id || manifest.owner.records !== this.#run.owner.records) {
      const advice = "to read the source again, remove `spilled` from the checkpoint";
      throw expected(
        "the directory with the actions that `resumeFrom` names",
        `${this.path}, which has none of them; ${advice}`,
      );
    }
    const lock = this.#locked((lock) => lock);
    let file: PartitionFile | undefined;
    try {
      file = await PartitionFile.open(this.#dataOf(id), manifest.totals, this.#files);
      const spill = new OpenSpill(this, id, file, lock, manifest.records);
      await spill.actions.skipTo(partition, record);
      return spill;
    } catch (error) {
      file?.close();
      lock.release();
      throw error;
    }
  }

  async writeManifest(id: string, records: number, totals: PartitionTotals): Promise<void> {
    const manifest = { id, owner: ownerOf(this.#run.owner), records, totals };
    await writeManifest(join(this.path, MANIFEST), manifest, this.#disk);
  }

  /**
   * A run has ended well without the folder: removes what an earlier one has left for its audience. That can fail, since other runs
   * may have used the folder meanwhile, and must not make the run fail.
   */
  clearLeftovers(): void {
    if (!existsSync(this.path)) return;
    try {
      this.#locked((lock) => {
        this.#checkManifest();
        this.clear();
        lock.release();
      });
    } catch {
      // The next run that spills there clears it, or says what is wrong.
    }
    this.removeIfEmpty();
  }

  /** Removes the actions. */
  clear(): void {
    try {
      // First the manifest: it must not name what is gone.
      rmSync(join(this.path, MANIFEST), { force: true });
      const names = readdirSync(this.path).filter((name) => LEFT_BY_RUNS.test(name));
      for (const name of names) rmSync(join(this.path, name), { force: true });
    } catch (error) {
      throw toDirectoryError(this.path, "cannot be cleared", error);
    }
  }

  removeIfEmpty(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // It has other files, or is not ours to remove.
    }
  }

  /** Holds the lock from now on, unless the work throws. */
  #locked<T>(work: (lock: FolderLock) => T): T {
    let lock: FolderLock | undefined;
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      lock = new FolderLock(this.path, OPTION);
      return work(lock);
    } catch (error) {
      lock?.release();
      throw error instanceof ConfigurationError
        ? error
        : toDirectoryError(this.path, "cannot be written", error);
    }
  }

  /** The actions of a run that may resume are for this audience, or nobody's business here. */
  #checkManifest() {
    const manifest = readManifest(join(this.path, MANIFEST));
    if (manifest === undefined) return undefined;
    const { owner, dryRun } = this.#run;
    if (!isSameAudience(manifest.owner, ownerOf(owner))) {
      const { audience, baseUrl } = manifest.owner;
      const given = `${this.path}, with actions for ${audience} at ${baseUrl}: resume their run, or delete it`;
      throw expected(`a directory for ${owner.audience} at ${owner.baseUrl} and its project`, given);
    }
    if (dryRun)
      throw expected("another directory for a dry run", `${this.path}, with actions that are not sent yet`);
    return manifest;
  }

  #dataOf(id: string): string {
    return join(this.path, `spill-${id}.data`);
  }
}

function expected(what: string, given: string, options?: ErrorOptions): ConfigurationError {
  return new ConfigurationError(OPTION, what, given, options);
}
