import { MARK, RecordBuffer, RecordCursor } from "./record.ts";
import { RecordTable } from "./record-table.ts";

/** What is known of one partition. */
export interface Compared {
  /** What the audience holds as far as is known. */
  snapshot: Uint8Array;
  /** What an earlier run that was cut off has sent, or was to send. */
  unfinished: Uint8Array;
  /** What the source has now, in its order. */
  listed: Uint8Array;
}

export interface Difference {
  removes: RecordBuffer;
  /** With their attributes. */
  adds: RecordBuffer;
  /** Neither is sent, and what the audience holds of them is not known. */
  unsure: RecordBuffer;
  /** The snapshot once all of that is accepted. */
  snapshot: RecordBuffer;
}

export class Tally {
  /** Distinct ids of the source. */
  members = 0;
  added = 0;
  changed = 0;
  removed = 0;
  unchanged = 0;
  /** Records of the source that a later one for the same id replaces. */
  duplicates = 0;
  /** Ids that may be on the audience before the run. */
  known = 0;
  /** Ids that are on the audience after the run. */
  expected = 0;
  /** The first ids that are to be removed, as JSON without quotes. */
  readonly removedSample: string[] = [];
}

const MAX_SAMPLE = 5;
const DECODER = new TextDecoder();

/**
 * Compares one partition: what to remove, what to add, and the snapshot afterwards. Counts in `tally`. With `replacement`
 * everything listed is added, since the audience is emptied first.
 */
export function compare(
  { snapshot, unfinished, listed }: Compared,
  tally: Tally,
  replacement: boolean,
): Difference {
  const comparison = new Comparison(listed, tally, replacement);
  const unsure = new RecordTable(unfinished);
  const known = new RecordCursor(snapshot);
  while (known.next()) comparison.known(known, unsure.take(known) !== undefined || known.is(MARK.unsure));
  for (const record of unsure.rest()) comparison.known(record, true);
  comparison.end();
  return comparison.difference;
}

class Comparison {
  readonly difference: Difference = {
    removes: new RecordBuffer(),
    adds: new RecordBuffer(),
    unsure: new RecordBuffer(),
    snapshot: new RecordBuffer(),
  };
  readonly #tally: Tally;
  readonly #replacement: boolean;
  readonly #listed: RecordTable;

  constructor(listed: Uint8Array, tally: Tally, replacement: boolean) {
    this.#tally = tally;
    this.#replacement = replacement;
    // An invalid record is left out, so it replaces no valid one.
    this.#listed = new RecordTable(listed, (later, earlier) => {
      const isValid = !later.is(MARK.invalid);
      if (isValid && !earlier.is(MARK.invalid)) tally.duplicates++;
      return isValid;
    });
  }

  /** An id that is on the audience, or may be. */
  known(record: RecordCursor, isUnsure: boolean): void {
    this.#tally.known++;
    const listed = this.#listed.take(record);
    if (listed === undefined) this.#remove(record);
    else if (listed.is(MARK.invalid)) this.#retain(record, isUnsure);
    else if (isUnsure || !listed.hasAttributesOf(record)) this.#add(listed, "changed");
    else this.#add(listed, "unchanged");
  }

  /** What is left of the list is new. */
  end(): void {
    for (const listed of this.#listed.rest()) if (!listed.is(MARK.invalid)) this.#add(listed, "added");
  }

  #add(listed: RecordCursor, as: "added" | "changed" | "unchanged"): void {
    this.#tally.members++;
    this.#tally.expected++;
    this.#tally[as]++;
    if (as !== "unchanged" || this.#replacement) this.difference.adds.copy(listed);
    this.difference.snapshot.copyWithoutAttributes(listed);
  }

  #remove(record: RecordCursor): void {
    const { removedSample } = this.#tally;
    this.#tally.removed++;
    if (removedSample.length < MAX_SAMPLE) removedSample.push(idText(record));
    // A replacement removes by itself.
    if (!this.#replacement) this.difference.removes.copyMarked(record, MARK.unsure);
  }

  /** The source has the id, but no valid record of it. */
  #retain(record: RecordCursor, isUnsure: boolean): void {
    if (this.#replacement) this.#remove(record);
    else if (isUnsure) {
      this.difference.unsure.copyMarked(record, MARK.unsure);
      this.difference.snapshot.copyMarked(record, MARK.unsure);
    } else {
      this.#tally.expected++;
      this.difference.snapshot.copy(record);
    }
  }
}

/** The id in JSON, without its quotes. */
export function idText({ bytes, idFrom, attributesFrom }: RecordCursor): string {
  return DECODER.decode(bytes.subarray(idFrom, attributesFrom));
}
