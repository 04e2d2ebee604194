import type { Window } from "../window/last-action-per-id.ts";
import type { Spill } from "../window/spill.ts";
import type { WindowReader } from "../window/window-reader.ts";
import type { HeldActions, SourcePosition, WindowSource } from "../window/window-source.ts";

/** For a source in which no id comes twice: its windows need not wait for each other, only for what was sent before. */
export const disjointWindows: Spill = { openWindows: ({ reader }) => new DisjointWindows(reader) };

class DisjointWindows implements WindowSource {
  readonly isDisjoint = true;
  readonly #reader: WindowReader;

  constructor(reader: WindowReader) {
    this.#reader = reader;
  }

  get size(): number {
    return this.#reader.size;
  }

  get isEmpty(): boolean {
    return this.#reader.isEmpty;
  }

  readNext(): Promise<boolean> {
    return this.#reader.readNext();
  }

  takeWindow(): Window {
    return this.#reader.takeWindow();
  }

  has(id: string): boolean {
    return this.#reader.has(id);
  }

  position(place?: number): SourcePosition {
    return this.#reader.position(place);
  }

  seal(): HeldActions[] {
    return this.#reader.seal();
  }

  close(): Promise<undefined> {
    return this.#reader.close();
  }
}
