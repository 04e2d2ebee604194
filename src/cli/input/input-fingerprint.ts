import { createHash } from "node:crypto";
import { countLineEnds, type Lines } from "./lines.ts";
import type { RecordsEnd } from "./row.ts";

/** A running hash of what is read, so that a checkpoint can name the part of the inputs that needs no second run. */
export class InputFingerprint {
  readonly #hash = createHash("sha256");
  readonly #cutAt: number;
  #bytes = 0;

  /** `cutAt`: a number of bytes after which lines are cut in two, so that they end there. */
  constructor(cutAt: number) {
    this.#cutAt = cutAt;
  }

  /** The same lines, with where they end. */
  *mark({ bytes, line }: Lines): Generator<Lines> {
    const before = this.#cutAt - this.#bytes;
    if (before <= 0 || before >= bytes.length) {
      yield this.#marked(bytes, line);
      return;
    }
    const first = bytes.subarray(0, before);
    yield this.#marked(first, line);
    yield this.#marked(bytes.subarray(before), line + countLineEnds(first));
  }

  #marked(bytes: Buffer, line: number): Lines {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    return { bytes, line, end: { bytes: this.#bytes, sha256: this.#hash.copy().digest("hex") } };
  }
}

/** Before the first record. */
const START: RecordsEnd = { records: 0, bytes: 0, sha256: createHash("sha256").digest("hex") };

/**
 * Where the pieces of the inputs end, for as long as a checkpoint may name them: as many as a few windows of the library
 * have pieces. Where an earlier run left an end, the inputs have to meet it again.
 */
export class RecordEnds {
  /** Where the earlier run left off. */
  readonly expected: RecordsEnd;
  readonly #ends: RecordsEnd[] = [];
  #isMet: boolean;

  constructor(expected: RecordsEnd = START) {
    this.expected = expected;
    this.#isMet = expected.bytes === 0;
  }

  /** Whether the end that was expected has come. */
  get isMet(): boolean {
    return this.#isMet;
  }

  /** False if the inputs are not what the earlier run has read. */
  add(end: RecordsEnd): boolean {
    this.#ends.push(end);
    if (this.#isMet) return true;
    const { records, bytes, sha256 } = this.expected;
    this.#isMet = end.records === records && end.bytes === bytes && end.sha256 === sha256;
    return this.#isMet || (end.records <= records && end.bytes <= bytes);
  }

  /** The shortest part of the inputs that holds the first records. Shorter ones are dropped. */
  of(records: number): RecordsEnd {
    if (!this.#isMet) return this.expected;
    while (this.#ends.length > 1 && this.#ends[0]!.records < records) this.#ends.shift();
    return this.#ends[0] ?? this.expected;
  }
}
