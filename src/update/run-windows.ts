import { IdSketch } from "../indexing/id-sketch.ts";
import type { ActionBuffer } from "../window/action-buffer.ts";
import type { Envelope } from "../window/chunk.ts";
import { Window } from "../window/window.ts";
import type { WindowReader } from "../window/window-reader.ts";
import { OutgoingWindow } from "./outgoing-window.ts";

/** The actions that a run holds: in the window that is sent, and in those that are read. */
export class RunWindows {
  readonly #reader: WindowReader;
  readonly #envelope: Envelope;
  #outgoing: OutgoingWindow | undefined;

  constructor(reader: WindowReader, envelope: Envelope) {
    this.#reader = reader;
    this.#envelope = envelope;
  }

  /** The window that is sent. */
  get outgoing(): OutgoingWindow {
    return this.#outgoing!;
  }

  /** Takes the next window, to send it. In place of its index of ids, a good part of the memory, a sketch of them stays. */
  begin(): OutgoingWindow {
    return this.#begin(this.#reader.takeWindow());
  }

  /** Sends a window without actions next. */
  beginEmpty(): OutgoingWindow {
    return this.#begin(new Window(this.#reader.windows[0]!.start));
  }

  #begin(window: Window): OutgoingWindow {
    const sketch = new IdSketch(window.idHashes());
    this.#outgoing = new OutgoingWindow(window.seal(), sketch, this.#envelope);
    return this.#outgoing;
  }

  /** A window that is not empty stays, to be handed back. */
  end(): void {
    if (this.#outgoing?.buffer.size === 0) this.#outgoing = undefined;
  }

  /** How many actions there are. */
  get size(): number {
    const sending = this.#outgoing?.buffer.size ?? 0;
    return this.#reader.windows.reduce((sum, { size }) => sum + size, sending);
  }

  /** The run is done with every record before this one. */
  get nextRecord(): number {
    return this.#outgoing?.buffer.firstRecord ?? this.#reader.windows[0]!.start;
  }

  /** Whether the source has ended, and the run is done with all of it. */
  get isComplete(): boolean {
    return this.#reader.isEmpty && this.size === 0;
  }

  /** Whether an action for the id was read that is not in the window that is sent. */
  hasRead(id: string): boolean {
    return this.#reader.windows.some((window) => window.has(id));
  }

  /** All actions that it holds, in order. Read nothing afterwards. */
  seal(): ActionBuffer[] {
    const read = this.#reader.windows.map((window) => window.seal());
    return this.#outgoing === undefined ? read : [this.#outgoing.buffer, ...read];
  }
}
