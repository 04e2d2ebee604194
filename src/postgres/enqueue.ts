import type { ActionIssue, AudienceAction } from "../actions/action.ts";
import { ActionEncoder } from "../actions/encoder.ts";
import { utf8Length } from "../actions/utf8.ts";
import { assertAudience, assertOptionNames } from "../options.ts";
import type { Warning } from "../update/report.ts";
import { ReportLists } from "../update/report-lists.ts";
import { UndeliveredActions } from "../update/undelivered.ts";
import { describeIssues, InvalidActionError } from "../update/update-error.ts";
import { resolveUpdateOptions } from "../update/update-options.ts";
import { Envelope } from "../window/chunk.ts";
import { isPromise, type Source, SourceReader } from "../window/source.ts";
import { type Database, type SchemaOptions, Tables } from "./database.ts";

export interface EnqueueReport {
  /** Actions that were read. */
  received: number;
  /** A later action for the same id followed in the same batch. */
  superseded: number;
  /** Actions that are in the queue once the transaction commits. */
  enqueued: number;
  /** What is legal and looks like a mistake, as in the report of `update`. */
  warnings: Warning[];
}

/** Actions of one statement. */
const MAX_BATCH = 10_000;
const MAX_ISSUES = 100;
/** A third of a page is the most that an index of PostgreSQL takes. */
const MAX_ID_BYTES = 2_000;

/**
 * Puts actions into the queue. They are checked as `update` checks them. Each 10,000 are one statement: all or nothing of it. With
 * a client in a transaction as `db`, they are in the queue only if that commits.
 *
 * Rejects with `InvalidActionError` if an action is invalid: nothing of its batch is in the queue then.
 */
export async function enqueue(
  db: Database,
  audience: string,
  actions: Source<AudienceAction>,
  options: SchemaOptions = {},
): Promise<EnqueueReport> {
  assertAudience(audience);
  assertOptionNames("options", options, ["schema"]);
  const tables = new Tables(db, options.schema);
  const source = new SourceReader(actions);
  const lists = new ReportLists();
  const encoder = createEncoder(audience, lists);
  const counts = { received: 0, superseded: 0, enqueued: 0 };
  try {
    for (;;) {
      const batch = await readBatch(source, encoder, counts.received);
      if (batch.issues.length > 0) throw invalidActions(audience, batch);
      if (batch.actions.size > 0) await upsert(tables, audience, batch.actions);
      counts.received += batch.received;
      counts.superseded += batch.received - batch.actions.size;
      counts.enqueued += batch.actions.size;
      if (batch.isLast) return { ...counts, warnings: lists.all.warnings };
    }
  } finally {
    await source.close();
  }
}

interface Batch {
  received: number;
  /** The last action of each id, as JSON, by the key of the id. */
  actions: Map<string, string>;
  issues: ActionIssue[];
  isLast: boolean;
}

function createEncoder(audience: string, lists: ReportLists): ActionEncoder {
  const { maxBytesPerRequest } = resolveUpdateOptions();
  return new ActionEncoder(maxBytesPerRequest - new Envelope(audience).bytes, (reason, index, id, path) =>
    lists.warn(reason, { index, id, path }),
  );
}

async function readBatch(source: SourceReader, encoder: ActionEncoder, start: number): Promise<Batch> {
  const batch: Batch = { received: 0, actions: new Map(), issues: [], isLast: false };
  while (batch.received < MAX_BATCH && batch.issues.length < MAX_ISSUES) {
    const pulled = source.next();
    const { done, value } = isPromise(pulled) ? await pulled : pulled;
    if (done) return { ...batch, isLast: true };
    const index = start + batch.received++;
    const encoded = encoder.encode(value, index);
    if (Array.isArray(encoded)) {
      batch.issues.push(...encoded);
      continue;
    }
    const key = keyOf(encoded.id);
    if (utf8Length(key) <= MAX_ID_BYTES) batch.actions.set(key, encoded.json);
    else batch.issues.push({ index, id: encoded.id, path: "id", reason: TOO_LONG });
  }
  return batch;
}

const TOO_LONG = `expected an id of at most ${MAX_ID_BYTES} bytes: the queue has an index of the ids`;

/** The id as it stands in JSON. PostgreSQL stores neither the character 0 nor half of a surrogate pair. */
function keyOf(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

/**
 * The ids are sorted: two statements that lock the same rows in another order would wait for each other for ever. The sequence
 * is drawn once the row is locked, so that it follows the order of the commits.
 */
async function upsert(tables: Tables, audience: string, actions: Map<string, string>): Promise<void> {
  const keys = [...actions.keys()].sort();
  await tables.query(
    `WITH enqueued AS (
       INSERT INTO {schema}.queue (audience, id, action)
       SELECT $1::text, id, action FROM unnest($2::text[], $3::text[]) AS given (id, action)
       ON CONFLICT (audience, id) DO UPDATE
         SET action = excluded.action, seq = nextval('{schema}.queue_seq')
     )
     SELECT pg_notify('{schema}', $1::text)`,
    [audience, keys, keys.map((key) => actions.get(key)!)],
  );
}

function invalidActions(audience: string, { issues, actions, received }: Batch): InvalidActionError {
  const rejected = new Set(issues.map(({ index }) => index)).size;
  const valid = Array.from(actions.values(), (json) => JSON.parse(json) as AudienceAction);
  const report = {
    audience,
    received,
    superseded: received - rejected - valid.length,
    rejected,
    accepted: 0,
    failed: 0,
    unsent: valid.length,
    ...{ requests: 0, retries: 0, polls: 0, bytes: 0, throttledMs: 0, elapsedMs: 0 },
    checkpoint: { records: 0 },
    ...new ReportLists().all,
    rejections: issues,
  };
  const undelivered = new UndeliveredActions([{ size: valid.length, actions: () => valid.values() }]);
  const message = describeIssues(issues, "Nothing of its batch was enqueued.");
  return new InvalidActionError(message, issues, { report, undelivered });
}
