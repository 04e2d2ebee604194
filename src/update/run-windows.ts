import { IdSketch } from "../indexing/id-sketch.ts";
import type { Envelope } from "../window/chunk.ts";
import { Window } from "../window/last-action-per-id.ts";
import type { HeldActions, SourcePosition, WindowSource } from "../window/window-source.ts";
import { OutgoingWindow } from "./outgoing-window.ts";

/** So many windows that share no id are sent at once: one slow answer must not stop all others. */
const MAX_SENDING = 4;

/** The actions that a run holds: in the windows that are sent, and in those that are read. */
export class RunWindows {
  readonly #source: WindowSource;
  readonly #envelope: Envelope;
  /** The windows that are sent, in the order of their actions. */
  #outgoing: OutgoingWindow[] = [];
  readonly #sends = new Set<Promise<void>>();
  #isFlowing = false;

  constructor(source: WindowSource, envelope: Envelope) {
    this.#source = source;
    this.#envelope = envelope;
  }

  /** The window that is sent last. */
  get latest(): OutgoingWindow {
    return this.#outgoing.at(-1)!;
  }

  /** Takes the next window, to send it. In place of its index of ids, a good part of the memory, a sketch of them stays. */
  begin(): OutgoingWindow {
    return this.#begin(this.#source.takeWindow());
  }

  /** Sends a window without actions next. */
  beginEmpty(): OutgoingWindow {
    return this.#begin(new Window(0));
  }

  #begin(window: Window): OutgoingWindow {
    const sketch = new IdSketch(window.idHashes());
    this.#outgoing.push(new OutgoingWindow(window.seal(), sketch, this.#envelope));
    return this.latest;
  }

  /** Notes that the latest window is being sent, until the promise resolves. Resolves when the next one may begin. */
  async sending(sent: Promise<void>, started: Promise<void>): Promise<void> {
    const ended = sent.finally(() => {
      this.#sends.delete(ended);
      // A window that is not empty stays, to be handed back.
      this.#outgoing = this.#outgoing.filter(({ buffer }) => buffer.size > 0);
    });
    this.#sends.add(ended);
    if (!this.#source.isDisjoint) return ended;
    await Promise.race([started, ended]);
    while (this.#sends.size >= MAX_SENDING) await Promise.race(this.#sends);
  }

  /** Resolves when nothing is being sent. */
  async ended(): Promise<void> {
    await Promise.all(this.#sends);
  }

  /** Whether the rest may be sent without waiting: it shares no id with what may not be applied. */
  get isFlowing(): boolean {
    return this.#isFlowing;
  }

  /** Nothing from before is pending any more. */
  startFlow(): void {
    this.#isFlowing = this.#source.isDisjoint;
  }

  /** How many actions there are. */
  get size(): number {
    return this.#outgoing.reduce((sum, { buffer }) => sum + buffer.size, this.#source.size);
  }

  /** The run is done with everything before this. */
  get position(): SourcePosition {
    const first = this.#outgoing.find(({ buffer }) => buffer.size > 0);
    return this.#source.position(first?.buffer.firstRecord);
  }

  /** Whether the source has ended, and the run is done with all of it. */
  get isComplete(): boolean {
    return this.#source.isEmpty && this.size === 0;
  }

  /** Whether an action for the id was read that is in no window that is sent. */
  hasRead(id: string): boolean {
    return this.#source.has(id);
  }

  /** All actions that it holds, in order. Read nothing afterwards. */
  seal(): HeldActions[] {
    return [...this.#outgoing.map(({ buffer }) => buffer), ...this.#source.seal()];
  }
}
