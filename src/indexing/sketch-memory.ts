import type { IdSketch } from "./id-sketch.ts";

/** Room for the ids of some 4 million pending actions of a client. */
const MAX_BYTES = 2 ** 25;

/** The sketches that the pending requests of a client use. Beyond a fixed memory, the oldest are forgotten. */
export class SketchMemory {
  /** How many requests use each, the oldest first. */
  readonly #uses = new Map<IdSketch, number>();
  #bytes = 0;

  /** One more request uses the sketch. */
  hold(sketch: IdSketch): void {
    const uses = this.#uses.get(sketch) ?? 0;
    if (uses === 0) this.#bytes += sketch.bytes;
    this.#uses.set(sketch, uses + 1);
    for (const oldest of this.#uses.keys()) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#remove(oldest);
      oldest.forget();
    }
  }

  /** One request fewer uses it. */
  drop(sketch: IdSketch): void {
    const uses = this.#uses.get(sketch) ?? 0;
    if (uses > 1) this.#uses.set(sketch, uses - 1);
    else if (uses === 1) this.#remove(sketch);
  }

  #remove(sketch: IdSketch): void {
    this.#uses.delete(sketch);
    this.#bytes -= sketch.bytes;
  }
}
