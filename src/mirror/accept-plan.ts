import { BlobWriter, Partitions, readParts } from "./blobs.ts";
import { type Manifest, noParts, type PartsOf, type Plan } from "./manifest.ts";
import { textOf } from "./read-members.ts";
import { MARK, RecordBuffer, RecordCursor, RecordMaker } from "./record.ts";
import { RecordTable } from "./record-table.ts";
import { plannedRecords, type Sent } from "./send-plan.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** A snapshot, and how many ids it says the audience holds. */
export interface Snapshot {
  parts: PartsOf;
  members: number;
}

/** Where a run writes, and how the names of its blobs begin. */
export interface Run {
  store: SnapshotStore;
  name: string;
}

/**
 * What the audience holds after an attempt to send a plan. `complete` is the snapshot for a plan that is accepted as a whole. What was
 * refused is as it was before; what was not accepted is unsure.
 */
export async function snapshotAfter(
  sent: Sent,
  plan: Plan,
  complete: Snapshot,
  before: Manifest,
  run: Run,
): Promise<Snapshot> {
  if (sent.error === undefined) return complete;
  const { store, name } = run;
  const exceptions = await exceptionsOf(sent, plan, run);
  const writer = new BlobWriter(store, `${name}-corrected`);
  const parts = noParts();
  let { members } = complete;
  for (let partition = 0; partition < parts.length; partition++) {
    const known = complete.parts[partition]!;
    const marked = await exceptions.read(partition);
    if (marked.length === 0) parts[partition]!.push(...known);
    else {
      const corrected = correct(
        await readParts(store, known),
        marked,
        await former(before, plan, partition, store),
      );
      members += corrected.members;
      parts[partition]!.push(...(await writer.write(corrected.snapshot.written)));
    }
  }
  await writer.end();
  return { parts, members };
}

/** The ids of the plan that were not accepted, each with what is known of it. */
async function exceptionsOf(
  { error, report, refused }: Sent,
  plan: Plan,
  { store, name }: Run,
): Promise<Partitions> {
  const exceptions = new Partitions(store, `${name}-exceptions`);
  const records = new RecordMaker();
  for (const { id } of error?.undelivered ?? []) {
    exceptions.add(records.mark(textOf(id), refused.has(id) ? MARK.refused : MARK.unsure));
    if (exceptions.isFull) await exceptions.flush();
  }
  let index = 0;
  for await (const record of plannedRecords(plan, store)) {
    if (index++ < report.received) continue;
    exceptions.add(record);
    if (exceptions.isFull) await exceptions.flush();
  }
  return exceptions;
}

interface Former {
  snapshot: Uint8Array;
  unfinished: Uint8Array;
}

/** What was known of a partition before. A replacement has removed all of that. */
async function former(
  before: Manifest,
  plan: Plan,
  partition: number,
  store: SnapshotStore,
): Promise<Former> {
  const nothing = new Uint8Array();
  if (plan.replacement) return { snapshot: nothing, unfinished: nothing };
  const snapshot = await readParts(store, before.snapshot?.[partition] ?? []);
  return { snapshot, unfinished: await unfinishedOf(before, partition, store) };
}

/** The ids of a partition that an earlier run has sent, or was to send, before it was cut off. */
export async function unfinishedOf(
  { plan }: Manifest,
  partition: number,
  store: SnapshotStore,
): Promise<Uint8Array> {
  if (plan === undefined) return new Uint8Array();
  const { removes, adds, unsure } = plan;
  return readParts(
    store,
    [removes, adds, unsure].flatMap((parts) => parts[partition]!),
  );
}

/** Corrects one partition of a snapshot. `members`: how many more ids it then says the audience holds. */
function correct(
  complete: Uint8Array,
  marked: Uint8Array,
  { snapshot: formerBytes, unfinished }: Former,
): { snapshot: RecordBuffer; members: number } {
  const exceptions = new RecordTable(marked);
  const former = new RecordTable(formerBytes);
  const unsure = new RecordTable(unfinished);
  const snapshot = new RecordBuffer();
  let members = 0;
  const record = new RecordCursor(complete);
  while (record.next()) {
    if (exceptions.find(record) === undefined) snapshot.copy(record);
    else if (!record.is(MARK.unsure)) members--;
  }
  for (const exception of exceptions.rest()) {
    const isRefused = exception.is(MARK.refused) && unsure.find(exception) === undefined;
    const known = isRefused ? former.find(exception) : undefined;
    if (known !== undefined) {
      snapshot.copy(known);
      if (!known.is(MARK.unsure)) members++;
    } else if (!isRefused) snapshot.copyMarked(exception, MARK.unsure);
  }
  return { snapshot, members };
}
