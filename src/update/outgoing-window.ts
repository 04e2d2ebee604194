import type { AudienceAction } from "../actions/action.ts";
import type { IdSketch, SketchedIds } from "../indexing/id-sketch.ts";
import type { ActionBuffer } from "../window/action-buffer.ts";
import { type Chunk, type ChunkLimits, type Envelope, halve, measure, nextChunk } from "../window/chunk.ts";
import { recordAt } from "../window/spill.ts";

/** A window that is being sent: its next chunk, and what is left. */
export class OutgoingWindow {
  readonly buffer: ActionBuffer;
  /** Which ids it had when it began. */
  readonly sketch: IdSketch;
  readonly #envelope: Envelope;
  /** Halves of chunks that were split. The last one is sent next. */
  readonly #halves: Chunk[] = [];
  /** No slot from here on has been in a chunk. */
  #cursor = 0;

  constructor(buffer: ActionBuffer, sketch: IdSketch, envelope: Envelope) {
    this.buffer = buffer;
    this.sketch = sketch;
    this.#envelope = envelope;
  }

  body(chunk: Chunk): string {
    return this.#envelope.body(this.buffer, chunk);
  }

  get emptyChunk(): Chunk {
    return { from: 0, to: 0, ids: 0, bytes: this.#envelope.bytes };
  }

  asMembers(chunk: Chunk): Chunk {
    return this.#envelope.asMembers(chunk);
  }

  membersBody(chunk: Chunk): string {
    return this.#envelope.membersBody(this.buffer, chunk);
  }

  sketchedIds({ from, to }: Chunk): SketchedIds {
    return { sketch: this.sketch, from, to };
  }

  ids(chunk: Chunk): string[] {
    return Array.from(this.buffer.actions(chunk), ({ id }) => id);
  }

  /** Whether each action was in a chunk, and no half is waiting. */
  get isStarted(): boolean {
    return this.#halves.length === 0 && this.#cursor === this.buffer.length;
  }

  next(limits: ChunkLimits): Chunk | undefined {
    for (let half = this.#halves.pop(); half !== undefined; half = this.#halves.pop()) {
      // A sample may have taken some of its records.
      const remaining = measure(this.buffer, half, this.#envelope);
      if (remaining !== undefined) return remaining;
    }
    const chunk = nextChunk(this.buffer, this.#cursor, limits, this.#envelope);
    if (chunk !== undefined) this.#cursor = chunk.to;
    return chunk;
  }

  /** Its halves are next, in order: the checkpoint moves only past what is done in order. */
  split(chunk: Chunk): [Chunk, Chunk] {
    const [first, second] = halve(this.buffer, chunk, this.#envelope);
    this.#halves.push(second, first);
    return [first, second];
  }

  /** Up to `count` single records from all over the rest. They must be answered before anything else is sent. */
  sample(count: number): Chunk[] {
    const ranges = [...this.#halves, { from: this.#cursor, to: this.buffer.length }];
    const slots = ranges.flatMap((range) => this.buffer.slots(range));
    const step = Math.max(1, slots.length / count);
    const sampled: Chunk[] = [];
    for (let at = slots.length - 1; at >= 0; at -= step) {
      const from = slots[Math.round(at)]!;
      sampled.push(measure(this.buffer, { from, to: from + 1 }, this.#envelope)!);
    }
    return sampled;
  }

  /** Takes out a single record. */
  take(slot: number): { index: number; action: AudienceAction } {
    const range = { from: slot, to: slot + 1 };
    const [action] = this.buffer.actions(range) as Iterable<AudienceAction>;
    const index = recordAt(this.buffer.recordAt(slot));
    this.buffer.remove(range);
    return { index, action: action! };
  }
}
