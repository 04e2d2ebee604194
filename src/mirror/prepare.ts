import { type Run, type Snapshot, unfinishedOf } from "./accept-plan.ts";
import { BlobWriter, PARTITIONS, type Part, type Partitions, readParts } from "./blobs.ts";
import { compare, Tally } from "./compare.ts";
import { type Manifest, noParts, type Plan } from "./manifest.ts";

const KINDS = ["removes", "adds", "unsure", "snapshot"] as const;

/** What a run is to send, and what the audience holds once all of it is accepted. */
export interface Prepared {
  plan: Plan;
  complete: Snapshot;
  tally: Tally;
  /** Whether there is something to send. */
  isChange: boolean;
}

/** Compares the list with the state, one partition after the other. Writes the plan and the snapshot, and commits neither. */
export async function prepare(
  listed: Partitions,
  before: Manifest,
  replacement: boolean,
  { store, name }: Run,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const tally = new Tally();
  const writers = KINDS.map((kind) => ({
    kind,
    parts: noParts(),
    blobs: new BlobWriter(store, `${name}-${kind}`),
  }));
  let isChange = replacement;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    signal?.throwIfAborted();
    const known = await readParts(store, before.snapshot?.[partition] ?? []);
    const unfinished = await unfinishedOf(before, partition, store);
    const compared = { snapshot: known, unfinished, listed: await listed.read(partition) };
    // Most partitions of a short list are empty.
    if (Object.values(compared).every(({ length }) => length === 0)) continue;
    const difference = compare(compared, tally, replacement);
    for (const { kind, parts, blobs } of writers)
      parts[partition] = await blobs.write(difference[kind].written);
    isChange ||= difference.removes.length + difference.adds.length > 0;
  }
  for (const { blobs } of writers) await blobs.end();
  const [removes, adds, unsure, snapshot] = writers.map(({ parts }) => parts) as [
    Part[][],
    Part[][],
    Part[][],
    Part[][],
  ];
  const plan = { replacement, removes, adds, unsure };
  return { plan, complete: { parts: snapshot, members: tally.expected }, tally, isChange };
}
