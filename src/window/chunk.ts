import { utf8Length } from "../actions/utf8.ts";
import type { Range, Slots } from "./action-buffer.ts";

/** What goes out as one request. */
export interface Chunk extends Range {
  ids: number;
  /** Length of the body in UTF-8. */
  bytes: number;
}

export interface ChunkLimits {
  ids: number;
  bytes: number;
}

/** What stands around the actions in a body. */
export class Envelope {
  readonly #head: string;
  readonly #foot = "]}";
  readonly bytes: number;

  constructor(audience: string) {
    this.#head = `{"name":${JSON.stringify(audience)},"ids":[`;
    this.bytes = utf8Length(this.#head) + this.#foot.length;
  }

  body(slots: Slots, chunk: Chunk): string {
    return this.#head + slots.text(chunk) + this.#foot;
  }
}

/** As many actions from a slot on as fit the limits, at least one; `undefined` where none is left. */
export function nextChunk(
  slots: Slots,
  from: number,
  limits: ChunkLimits,
  envelope: Envelope,
): Chunk | undefined {
  let ids = 0;
  let bytes = envelope.bytes;
  let slot = from;
  for (; slot < slots.length; slot++) {
    if (!slots.has(slot)) continue;
    const more = slots.bytesAt(slot) + (ids === 0 ? 0 : 1);
    if (ids > 0 && (ids === limits.ids || bytes + more > limits.bytes)) break;
    ids++;
    bytes += more;
  }
  return ids === 0 ? undefined : { from, to: slot, ids, bytes };
}

/** A chunk in two, each with half of its ids. */
export function halve(slots: Slots, { from, to, ids }: Chunk, envelope: Envelope): [Chunk, Chunk] {
  const bytes = Number.POSITIVE_INFINITY;
  const first = nextChunk(slots, from, { ids: Math.ceil(ids / 2), bytes }, envelope)!;
  const second = nextChunk(slots, first.to, { ids: Math.floor(ids / 2), bytes }, envelope)!;
  return [first, { ...second, to }];
}
