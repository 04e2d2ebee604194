import type { FolderLock } from "./folder-lock.ts";
import type { PartitionFile, PartitionTotals } from "./partition-file.ts";
import { SpilledPartitions } from "./spilled-partitions.ts";

/** What it needs of its folder. */
interface Folder {
  writeManifest(id: string, records: number, totals: PartitionTotals): Promise<void>;
  clear(): void;
  removeIfEmpty(): void;
}

/** The actions of one run in its folder, while the run holds the lock. */
export class OpenSpill {
  readonly id: string;
  readonly actions: SpilledPartitions;
  readonly #folder: Folder;
  readonly #file: PartitionFile;
  readonly #lock: FolderLock;
  readonly #isDryRun: boolean;
  #records: number | undefined;

  constructor(
    folder: Folder,
    id: string,
    file: PartitionFile,
    lock: FolderLock,
    isDryRun: boolean,
    records?: number,
  ) {
    this.id = id;
    this.actions = new SpilledPartitions(file);
    this.#folder = folder;
    this.#file = file;
    this.#lock = lock;
    this.#isDryRun = isDryRun;
    this.#records = records;
  }

  /** How many records the source had. `undefined` until they are sealed. */
  get records(): number | undefined {
    return this.#records;
  }

  /** Resolves once a later run can resume: all is on the disk. Nobody resumes a dry run. */
  async seal(records: number): Promise<void> {
    this.#file.seal();
    if (!this.#isDryRun) await this.#makeResumable(records);
    this.#records = records;
  }

  async #makeResumable(records: number): Promise<void> {
    await this.#file.sync();
    await this.#folder.writeManifest(this.id, records, this.#file.totals);
  }

  /** The actions stay if they are needed: to resume, or to be handed back. */
  close(isNeeded: boolean): void {
    this.#file.close();
    try {
      if (!isNeeded) this.#folder.clear();
    } finally {
      this.#lock.release();
    }
    if (!isNeeded) this.#folder.removeIfEmpty();
  }
}
