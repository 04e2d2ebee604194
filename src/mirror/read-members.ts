import type { ActionIssue } from "../actions/action.ts";
import { ActionEncoder, ADD_HEAD } from "../actions/encoder.ts";
import { onAbort, systemRuntime, untilAborted } from "../runtime.ts";
import { ReportLists } from "../update/report-lists.ts";
import type { ResolvedUpdateOptions } from "../update/update-options.ts";
import { isPromise, SourceReader } from "../window/source.ts";
import type { Partitions } from "./blobs.ts";
import { MARK, RecordMaker } from "./record.ts";

const MAX_ISSUES = 100;
/** A source that never waits lets the event loop run after so many records. */
const RECORDS_PER_YIELD = 1000;
/** What stands around the id in front of the attributes. */
const HEADS_LENGTH = ADD_HEAD.length + '","attributes":'.length;
/** Text that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** What the source held. */
export interface MembersRead {
  received: number;
  rejected: number;
  /** With `invalid: "throw"`: what is wrong. The source was not read any further. */
  issues: ActionIssue[];
  lists: ReportLists;
}

/** Reads the source to its end, and puts each member in the partition of its id. */
export async function readMembers(
  source: unknown,
  partitions: Partitions,
  options: ResolvedUpdateOptions,
  maxBytesPerAction: number,
): Promise<MembersRead> {
  const { signal } = options;
  const reader = new SourceReader(source);
  const members = new MemberReader(partitions, options, maxBytesPerAction);
  let isAborted = signal?.aborted === true;
  const forget =
    signal &&
    onAbort(signal, () => {
      isAborted = true;
    });
  try {
    // Once for the whole source: to listen for each record takes as long as to read it.
    await untilAborted(
      readAll(reader, members, partitions, () => isAborted),
      signal,
    );
    return members;
  } finally {
    forget?.();
    await reader.close();
  }
}

async function readAll(
  reader: SourceReader,
  members: MemberReader,
  partitions: Partitions,
  isAborted: () => boolean,
): Promise<void> {
  for (let records = 0; members.issues.length < MAX_ISSUES; records++) {
    if (records % RECORDS_PER_YIELD === 0) await systemRuntime.yieldToEventLoop();
    if (isAborted()) return;
    const pulled = reader.next();
    const { done, value } = isPromise(pulled) ? await pulled : pulled;
    if (done || isAborted()) return;
    const rejected = members.take(value);
    if (rejected !== undefined) await rejected;
    if (partitions.isFull) await partitions.flush();
  }
}

class MemberReader implements MembersRead {
  received = 0;
  rejected = 0;
  readonly issues: ActionIssue[] = [];
  readonly lists = new ReportLists();
  readonly #partitions: Partitions;
  readonly #options: ResolvedUpdateOptions;
  readonly #encoder: ActionEncoder;
  readonly #records = new RecordMaker();

  constructor(partitions: Partitions, options: ResolvedUpdateOptions, maxBytesPerAction: number) {
    this.#partitions = partitions;
    this.#options = options;
    const warn = (reason: string, index: number, id: string, path: string) =>
      this.lists.warn(reason, { index, id, path });
    this.#encoder = new ActionEncoder(maxBytesPerAction, warn, "members");
  }

  /** A promise of `onRejected` is waited for. */
  take(member: unknown): unknown {
    const encoded = this.#encoder.encode(member, this.received++);
    if (Array.isArray(encoded)) return this.#reject(encoded, member);
    const id = textOf(encoded.id);
    const attributes = encoded.json.slice(HEADS_LENGTH + id.length, -1);
    this.#partitions.add(this.#records.make(id, attributes));
    return undefined;
  }

  #reject(issues: ActionIssue[], member: unknown): unknown {
    this.rejected++;
    const { invalid, onRejected } = this.#options;
    const [{ id = idOfNumber(member) }] = issues as [ActionIssue];
    if (invalid === "throw") this.issues.push(...issues.slice(0, MAX_ISSUES - this.issues.length));
    else if (id !== undefined) this.#partitions.add(this.#records.mark(textOf(id), MARK.invalid));
    for (const issue of issues) this.lists.addRejection(issue);
    if (onRejected === undefined) return undefined;
    return Promise.all(issues.map((issue) => onRejected(issue, member)));
  }
}

/** A number is no valid id, but it may stand for the text that the audience has. */
function idOfNumber(member: unknown): string | undefined {
  const { id } = (member ?? {}) as { id?: unknown };
  return Number.isSafeInteger(id) ? String(id) : undefined;
}

/** The id in JSON, without its quotes. */
export function textOf(id: string): string {
  return PLAIN.test(id) ? id : JSON.stringify(id).slice(1, -1);
}
