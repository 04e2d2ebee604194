import { ActionBuffer } from "../window/action-buffer.ts";
import type { Envelope } from "../window/chunk.ts";
import type { Window } from "../window/window.ts";
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

  /** The window that was read goes out. `look` sees it while it has the index of its ids, a good part of the memory. */
  begin<T>(look: (window: Window) => T): T {
    const window = this.#reader.takeWindow();
    const seen = look(window);
    this.#outgoing = new OutgoingWindow(window.seal(), this.#envelope);
    return seen;
  }

  /** A window without actions goes out. */
  beginEmpty(): OutgoingWindow {
    this.#outgoing = new OutgoingWindow(new ActionBuffer(), this.#envelope);
    return this.#outgoing;
  }

  /** What was not accepted stays, to be handed back. */
  end(): void {
    if (this.#outgoing?.buffer.size === 0) this.#outgoing = undefined;
  }

  /** How many actions it holds. */
  get size(): number {
    const sending = this.#outgoing?.buffer.size ?? 0;
    return this.#reader.windows.reduce((sum, { size }) => sum + size, sending);
  }

  /** Every record before this one is settled, or followed by a later one for its id. */
  get nextRecord(): number {
    return this.#outgoing?.buffer.firstRecord ?? this.#reader.windows[0]!.start;
  }

  /** Whether the source has ended, and all of it is settled. */
  get isComplete(): boolean {
    return this.#reader.isEmpty && this.size === 0;
  }

  /** Whether an action for the id was read that is not in the window that is sent. */
  hasRead(id: string): boolean {
    return this.#reader.windows.some((window) => window.has(id));
  }

  /** All that it holds, in order. Nothing more is read. */
  seal(): ActionBuffer[] {
    const read = this.#reader.windows.map((window) => window.seal());
    return this.#outgoing === undefined ? read : [this.#outgoing.buffer, ...read];
  }
}
