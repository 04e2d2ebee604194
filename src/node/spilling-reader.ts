import type { EncodedAction } from "../actions/encoder.ts";
import { idInJson } from "../actions/id-in-json.ts";
import type { ActionBuffer } from "../window/action-buffer.ts";
import { Envelope, nextChunk } from "../window/chunk.ts";
import { Window } from "../window/last-action-per-id.ts";
import { partitionAt, placeOf, recordAt, type SpillRun } from "../window/spill.ts";
import type { HeldActions, SourcePosition, SpilledPosition, WindowSource } from "../window/window-source.ts";
import type { OpenSpill } from "./open-spill.ts";
import { PARTITIONS } from "./partitions.ts";
import type { SpillFolder } from "./spill-folder.ts";
import type { SpilledBlock, SpilledPartitions } from "./spilled-partitions.ts";

/** Partitions are joined to windows of at least so many full requests. */
const CHUNKS_PER_WINDOW = 10;
/** So many actions are written before other work has its turn. */
const ACTIONS_PER_TURN = 1024;

/**
 * The windows of a run whose source may not fit one. If it does, they are those of its reader. Else all actions go to partitions on
 * disk, and the windows are made of whole partitions, so that they share no id.
 */
export class SpillingReader implements WindowSource {
  readonly #run: SpillRun;
  readonly #folder: SpillFolder;
  readonly #envelope: Envelope;
  /** What a checkpoint says of the source as long as it is not read to its end. */
  readonly #start: SourcePosition;
  #hasBegun = false;
  #spill: OpenSpill | undefined;
  /** What was read before the first action was spilled. */
  #unspilled: ActionBuffer[] = [];
  #blocks: AsyncGenerator<SpilledBlock> | undefined;
  /** A block that begins a partition, for the next window. */
  #nextBlock: SpilledBlock | undefined;
  /** The work on the disk that is going on. */
  #work: Promise<boolean> = Promise.resolve(false);
  #full: { window: Window; buffer: ActionBuffer } | undefined;
  #filling = new Window(0);

  constructor(run: SpillRun, folder: SpillFolder) {
    this.#run = run;
    this.#folder = folder;
    this.#envelope = new Envelope(run.owner.audience);
    this.#start = run.reader.position();
  }

  get isDisjoint(): boolean {
    return this.#spill?.records !== undefined;
  }

  get size(): number {
    const unspilled = this.#unspilled.reduce((sum, { size }) => sum + size, 0);
    const onDisk = this.#spill?.actions.size ?? 0;
    return this.#run.reader.size + unspilled + onDisk + (this.#full?.buffer.size ?? 0) + this.#filling.size;
  }

  get isEmpty(): boolean {
    return (this.isDisjoint || this.#run.reader.isEmpty) && this.size === 0;
  }

  has(id: string): boolean {
    const isRead = this.#full?.window.has(id) === true || this.#filling.has(id);
    return isRead || this.#run.reader.has(id);
  }

  async readNext(): Promise<boolean> {
    if (!this.#hasBegun) await this.#begin();
    const { reader } = this.#run;
    if (!this.isDisjoint) {
      if (!(await reader.readNext())) return false;
      if (reader.hasEnded) return true;
      if (!(await this.#spillSource())) return false;
    }
    this.#work = this.#readBack();
    return await this.#work;
  }

  takeWindow(): Window {
    if (!this.isDisjoint) return this.#run.reader.takeWindow();
    const { window } = this.#full!;
    this.#full = undefined;
    return window;
  }

  position(place?: number): SourcePosition {
    const { reader, resumeAt } = this.#run;
    const { id, records } = this.#spill ?? {};
    // A run that could not resume leaves the checkpoint as it was.
    if (id === undefined)
      return resumeAt === undefined ? reader.position(place) : { ...this.#start, spilled: resumeAt };
    if (records === undefined) return this.#start;
    if (place === undefined && this.isEmpty) return { records };
    const first = place ?? this.#full?.window.start ?? this.#filling.start;
    return { ...this.#start, spilled: { id, partition: partitionAt(first), record: recordAt(first) } };
  }

  seal(): HeldActions[] {
    const filled = this.#full === undefined ? [] : [this.#full.buffer];
    const onDisk = this.#spill === undefined || this.#spill.actions.size === 0 ? [] : [this.#spill.actions];
    return [...this.#unspilled, ...filled, this.#filling.seal(), ...onDisk, ...this.#run.reader.seal()];
  }

  async close(isDone: boolean): Promise<string | undefined> {
    await this.#work.catch(() => {});
    const isNeeded = !isDone && (this.isDisjoint || this.size > 0);
    if (this.#spill !== undefined) this.#spill.close(isNeeded);
    else if (isDone && !this.#run.dryRun) this.#folder.clearLeftovers();
    return isNeeded && this.#spill !== undefined ? this.#folder.path : undefined;
  }

  /** What is wrong with the folder is found before the source is read. */
  async #begin(): Promise<void> {
    this.#hasBegun = true;
    const { resumeAt } = this.#run;
    this.#folder.check();
    if (resumeAt === undefined) return;
    this.#work = this.#resume(resumeAt);
    await this.#work;
  }

  /** False if the run was halted meanwhile: it has then read nothing. */
  async #resume(resumeAt: SpilledPosition): Promise<boolean> {
    const { halt, listener } = this.#run;
    const spill = await this.#folder.resume(resumeAt);
    if (halt.aborted) {
      spill.close(true);
      return false;
    }
    this.#spill = spill;
    this.#filling = new Window(placeOf(resumeAt.partition, resumeAt.record));
    listener.onResumed(spill.actions.size);
    return true;
  }

  /** Reads the source to its end. False if the run was halted. */
  async #spillSource(): Promise<boolean> {
    const { reader, halt, dryRun } = this.#run;
    const spill = this.#folder.create();
    const { actions } = spill;
    this.#spill = spill;
    this.#unspilled = reader.divert(actions).map((window) => window.seal());
    for (const buffer of this.#unspilled) if (!(await this.#spillBuffer(buffer, actions))) return false;
    this.#unspilled = [];
    await reader.readNext();
    if (halt.aborted) return false;
    const { records } = reader.position();
    this.#work = spill.seal(records, !dryRun).then(() => !halt.aborted);
    return await this.#work;
  }

  async #spillBuffer(buffer: ActionBuffer, spilled: SpilledPartitions): Promise<boolean> {
    for (let slot = 0; slot < buffer.length; slot++) {
      if (slot % ACTIONS_PER_TURN === 0) await this.#run.runtime.yieldToEventLoop();
      if (this.#run.halt.aborted) return false;
      if (!buffer.has(slot)) continue;
      const action = takeOut(buffer, slot);
      spilled.append(action, action.place);
    }
    return true;
  }

  /** Fills a window with partitions. False if there are none left, or the run was halted. */
  async #readBack(): Promise<boolean> {
    const { halt, limits } = this.#run;
    const { actions } = this.#spill!;
    this.#blocks ??= actions.blocks();
    let partition = this.#nextBlock?.partition ?? actions.partition;
    for (;;) {
      this.#nextBlock ??= (await this.#blocks.next()).value ?? undefined;
      if (halt.aborted) return false;
      const block = this.#nextBlock;
      if (block === undefined) break;
      const isWhole = block.partition !== partition;
      if (isWhole && this.#filling.size >= CHUNKS_PER_WINDOW * limits.ids) break;
      partition = block.partition;
      this.#nextBlock = undefined;
      this.#fill(block);
    }
    if (this.#filling.size === 0) return false;
    this.#closeWindow();
    return true;
  }

  #fill({ partition, records }: SpilledBlock): void {
    const { listener, resumeAt } = this.#run;
    for (const { number, text, bytes } of records) {
      const id = idInJson(text);
      const isSuperseding = this.#filling.add({ id, json: text, bytes }, placeOf(partition, number));
      if (resumeAt !== undefined) listener.onReadBack(id);
      if (isSuperseding) listener.onSuperseded();
    }
  }

  #closeWindow(): void {
    const window = this.#filling;
    const buffer = window.seal();
    this.#full = { window, buffer };
    const nextStart = placeOf(this.#nextBlock?.partition ?? PARTITIONS, 0);
    const from = this.#nextBlock === undefined ? buffer.length : this.#unfilledChunk(buffer);
    const carried = buffer.slots({ from, to: buffer.length });
    this.#filling = new Window(carried[0] === undefined ? nextStart : buffer.recordAt(carried[0]));
    for (const slot of carried) {
      const action = takeOut(buffer, slot);
      this.#filling.add(action, action.place);
    }
  }

  /** From which slot on the actions do not fill a request. They go to the next window, which fills it up. */
  #unfilledChunk(buffer: ActionBuffer): number {
    const { limits } = this.#run;
    let from = 0;
    for (;;) {
      const chunk = nextChunk(buffer, from, limits, this.#envelope);
      if (chunk === undefined) return buffer.length;
      if (chunk.to === buffer.length) return chunk.ids === limits.ids ? chunk.to : from;
      from = chunk.to;
    }
  }
}

function takeOut(buffer: ActionBuffer, slot: number): EncodedAction & { place: number } {
  const json = buffer.jsonAt(slot);
  const action = { id: idInJson(json), json, bytes: buffer.bytesAt(slot), place: buffer.recordAt(slot) };
  buffer.remove({ from: slot, to: slot + 1 });
  return action;
}
