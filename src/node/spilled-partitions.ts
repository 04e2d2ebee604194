import type { AudienceAction } from "../actions/action.ts";
import type { EncodedAction } from "../actions/encoder.ts";
import type { ActionSink } from "../window/window-reader.ts";
import type { HeldActions } from "../window/window-source.ts";
import type { PartitionRecord } from "./block.ts";
import type { PartitionFile } from "./partition-file.ts";
import { PARTITIONS, partitionOf } from "./partitions.ts";

/** Some actions of a partition, to be taken at once. */
export interface SpilledBlock {
  partition: number;
  records: Iterable<PartitionRecord>;
}

/** Actions by partition, of which the first ones are taken back into memory. */
export class SpilledPartitions implements ActionSink, HeldActions {
  readonly isOnDisk = true;
  readonly #file: PartitionFile;
  #size = 0;
  /** The partition from which actions are taken, and how many of it are taken. */
  #partition = 0;
  #taken = 0;

  constructor(file: PartitionFile) {
    this.#file = file;
  }

  /** The partition that is taken next, or of which some actions are taken. */
  get partition(): number {
    return this.#partition;
  }

  /** How many actions are not taken back. */
  get size(): number {
    return this.#size;
  }

  append({ id, json, bytes }: EncodedAction, record: number): void {
    this.#size++;
    this.#file.append(partitionOf(id), { number: record, text: json, bytes });
  }

  /** Passes over what an earlier run is done with. */
  async skipTo(partition: number, record: number): Promise<void> {
    this.#partition = partition;
    this.#size = 0;
    for (let later = partition; later < PARTITIONS; later++) this.#size += this.#file.recordsIn(later);
    for await (const records of this.#file.read(partition)) {
      for (const { number } of records) if (number < record) this.#taken++;
    }
    this.#size -= this.#taken;
  }

  /** The actions that are left, by block. Those that are iterated are taken. */
  async *blocks(): AsyncGenerator<SpilledBlock> {
    for (; this.#partition < PARTITIONS; this.#partition++, this.#taken = 0) {
      const partition = this.#partition;
      const skipped = { left: this.#taken };
      for await (const records of this.#file.read(partition)) {
        yield { partition, records: this.#take(records, skipped) };
      }
    }
  }

  *#take(records: Iterable<PartitionRecord>, skipped: { left: number }): Generator<PartitionRecord> {
    for (const record of records) {
      if (skipped.left > 0) {
        skipped.left--;
        continue;
      }
      this.#taken++;
      this.#size--;
      yield record;
    }
  }

  /** The actions that are not taken back. It opens the file at once: a run that iterates them may remove the file. */
  actions(): Generator<AudienceAction, void> {
    const actions = this.#readActions(this.#file.reopen());
    // To the first `yield`: only a generator that has begun closes the file when it is ended early.
    actions.next();
    return actions as Generator<AudienceAction, void>;
  }

  *#readActions(file: PartitionFile): Generator<AudienceAction | undefined, void> {
    try {
      yield undefined;
      let passed = 0;
      for (const { text } of file.readNow(this.#partition)) {
        if (passed++ >= this.#taken) yield JSON.parse(text) as AudienceAction;
      }
    } finally {
      file.close();
    }
  }
}
