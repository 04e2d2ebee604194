import { createHash } from "node:crypto";

/** How much of the inputs the first records of them take, and its hash. */
export interface Mark {
  records: number;
  /** Of text, unpacked, all inputs one after the other. */
  bytes: number;
  sha256: string;
}

/**
 * A running hash of what is read, with a mark after each piece, so that a checkpoint can name the part that is settled.
 * Marks are kept only until their records are: as many as a few windows have pieces.
 */
export class Trail {
  readonly #hash = createHash("sha256");
  readonly #marks: Mark[] = [];
  /** What an earlier run has settled: to be met again. */
  readonly #expected: Mark | undefined;
  #bytes = 0;
  #records = 0;
  #isMet: boolean;

  constructor(expected: Mark | undefined) {
    this.#expected = expected;
    this.#isMet = expected === undefined || expected.bytes === 0;
  }

  /** False if the text is not what an earlier run has read. */
  read(bytes: Buffer): boolean {
    const upTo = this.#isMet ? 0 : Math.max(0, this.#expected!.bytes - this.#bytes);
    const isDue = !this.#isMet && upTo <= bytes.length;
    this.#hash.update(bytes.subarray(0, upTo));
    if (isDue) {
      this.#isMet = this.#digest() === this.#expected!.sha256;
      if (!this.#isMet) return false;
    }
    this.#hash.update(bytes.subarray(upTo));
    this.#bytes += bytes.length;
    return true;
  }

  /** All of a piece's records, or what its end has brought. False as above: they come before their text is known. */
  mark(records: number): boolean {
    this.#records += records;
    this.#marks.push({ records: this.#records, bytes: this.#bytes, sha256: this.#digest() });
    return this.#isMet || this.#records <= this.#expected!.records;
  }

  /** The least that holds these records. Marks before it are dropped. */
  markAt(records: number): Mark {
    if (!this.#isMet) return this.#expected!;
    while (this.#marks.length > 1 && this.#marks[0]!.records < records) this.#marks.shift();
    return this.#marks[0] ?? { records: 0, bytes: 0, sha256: this.#digest() };
  }

  /** False at the end of all inputs if they are shorter than what an earlier run has settled. */
  get isMet(): boolean {
    return this.#isMet;
  }

  #digest(): string {
    return this.#hash.copy().digest("hex");
  }
}
