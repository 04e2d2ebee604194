import { ADD_HEAD, MEMBER_HEAD } from "../actions/encoder.ts";
import { utf8Length } from "../actions/utf8.ts";
import type { ActionBuffer, Range } from "./action-buffer.ts";

/** The part of a window that is sent as one request. */
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

  body(buffer: ActionBuffer, chunk: Chunk): string {
    return buffer.text(chunk, this.#head, this.#foot);
  }

  /** The body for `replace`: the adds of the chunk without their actions. */
  membersBody(buffer: ActionBuffer, chunk: Chunk): string {
    // In a JSON string a quote is escaped, so this text is found only at the start of an action.
    return this.body(buffer, chunk).replaceAll(ADD_HEAD, MEMBER_HEAD);
  }

  /** The chunk with the size that it has in a body for `replace`. */
  asMembers(chunk: Chunk): Chunk {
    return { ...chunk, bytes: chunk.bytes - chunk.ids * (ADD_HEAD.length - MEMBER_HEAD.length) };
  }
}

/** The longest chunk from a slot on that fits the limits. It has at least one action; `undefined` if none is left. */
export function nextChunk(
  buffer: ActionBuffer,
  from: number,
  limits: ChunkLimits,
  envelope: Envelope,
  end = buffer.length,
): Chunk | undefined {
  let ids = 0;
  let bytes = envelope.bytes;
  let slot = from;
  for (; slot < end; slot++) {
    if (!buffer.has(slot)) continue;
    const more = buffer.bytesAt(slot) + (ids === 0 ? 0 : 1);
    if (ids > 0 && (ids === limits.ids || bytes + more > limits.bytes)) break;
    ids++;
    bytes += more;
  }
  return ids === 0 ? undefined : { from, to: slot, ids, bytes };
}

const UNLIMITED: ChunkLimits = { ids: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** The actions that are left in a range, as one chunk. */
export function measure(buffer: ActionBuffer, { from, to }: Range, envelope: Envelope): Chunk | undefined {
  return nextChunk(buffer, from, UNLIMITED, envelope, to);
}

/** Two chunks, each with half of the ids. */
export function halve(buffer: ActionBuffer, { from, to, ids }: Chunk, envelope: Envelope): [Chunk, Chunk] {
  const first = nextChunk(buffer, from, { ...UNLIMITED, ids: Math.ceil(ids / 2) }, envelope)!;
  return [first, measure(buffer, { from: first.to, to }, envelope)!];
}
