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
  #records: number | undefined;

  constructor(folder: Folder, id: string, file: PartitionFile, lock: FolderLock, records?: number) {
    this.id = id;
    this.actions = new SpilledPartitions(file);
    this.#folder = folder;
    this.#file = file;
    this.#lock = lock;
    this.#records = records;
  }

  /** How many records the source had. `undefined` until they are sealed. */
  get records(): number | undefined {
    return this.#records;
  }

  /** No more actions come. Resolves once all is on the disk, if a later run may resume. */
  async seal(records: number, mayResume: boolean): Promise<void> {
    this.#file.seal();
    if (mayResume) {
      await this.#file.sync();
      await this.#folder.writeManifest(this.id, records, this.#file.totals);
    }
    this.#records = records;
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
