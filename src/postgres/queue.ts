import type { AudienceAction } from "../actions/action.ts";
import type { Tables } from "./database.ts";

/** The last action of an id. */
export interface QueuedAction {
  key: string;
  /** Another one for each action. Text: it may be beyond 2^53. */
  seq: string;
  action: AudienceAction;
}

/** An action for which nothing is left to be done. */
export interface FinishedAction extends QueuedAction {
  /** Why it cannot be delivered. Without a reason, it is applied. */
  reason?: string;
}

/** Who may delete: what an earlier holder of the lease deletes stays. */
export interface Fence {
  name: string;
  fence: bigint;
}

/** Rows of one statement. */
const MAX_ROWS = 10_000;

/** What the deliverer does to the tables. */
export class Queue {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The audiences that have something to deliver, by name. */
  async audiences(): Promise<string[]> {
    const rows = await this.#tables.query<{ audience: string }>(AUDIENCES, []);
    return rows.map(({ audience }) => audience);
  }

  /** Those that have waited longest. */
  async oldest(audience: string, limit: number): Promise<QueuedAction[]> {
    const rows = await this.#tables.query<{ key: string; seq: string; action: string }>(OLDEST, [
      audience,
      limit,
    ]);
    return rows.map(({ key, seq, action }) => ({ key, seq, action: parse(action, key) }));
  }

  /**
   * Deletes what is applied, and moves what cannot be delivered to the dead letters, unless a newer action for the id is in its
   * place. Resolves to what stays because a transaction has locked it.
   */
  async finish(
    audience: string,
    finished: readonly FinishedAction[],
    fence: Fence,
  ): Promise<FinishedAction[]> {
    const left: FinishedAction[] = [];
    for (const part of parts(finished.filter(({ reason }) => reason === undefined))) {
      left.push(...(await this.#finish(REMOVE, [], audience, part, fence)));
    }
    for (const part of parts(finished.filter(({ reason }) => reason !== undefined))) {
      // PostgreSQL does not store the character 0.
      const reasons = part.map(({ reason = "" }) => reason.replaceAll("\u0000", "�"));
      left.push(...(await this.#finish(BURY, [reasons], audience, part, fence)));
    }
    return left;
  }

  async #finish(
    statement: string,
    more: string[][],
    audience: string,
    finished: readonly FinishedAction[],
    { name, fence }: Fence,
  ): Promise<FinishedAction[]> {
    const keys = finished.map(({ key }) => key);
    const numbers = finished.map(({ seq }) => seq);
    const rows = await this.#tables.query<{ key: string }>(statement, [
      ...[name, `${fence}`, audience],
      ...[keys, numbers],
      ...more,
    ]);
    const left = new Set(rows.map(({ key }) => key));
    return finished.filter(({ key }) => left.has(key));
  }
}

/** What is no JSON object becomes an invalid action of its id: it must not stop those of other ids. */
function parse(json: string, id: string): AudienceAction {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Below.
  }
  return (typeof value === "object" && value !== null ? value : { id }) as AudienceAction;
}

function* parts<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += MAX_ROWS) yield list.slice(from, from + MAX_ROWS);
}

/** Looks up one name after the other in the index: a DISTINCT would read the whole queue. */
const AUDIENCES = `
  WITH RECURSIVE names AS (
    (SELECT audience FROM {schema}.queue ORDER BY audience LIMIT 1)
    UNION ALL
    SELECT (SELECT q.audience FROM {schema}.queue q WHERE q.audience > names.audience ORDER BY q.audience LIMIT 1)
    FROM names WHERE names.audience IS NOT NULL
  )
  SELECT audience FROM names WHERE audience IS NOT NULL`;

const OLDEST = `
  SELECT id AS key, seq::text AS seq, action FROM {schema}.queue
  WHERE audience = $1 ORDER BY since LIMIT $2::int`;

/**
 * The rows that still have the action that was sent. SKIP LOCKED: a producer that has locked such a row puts a newer action
 * there. To wait for it would be to wait in a circle, as soon as it waits for a row that is locked here.
 */
function matching(sent: string): string {
  return `
  WITH current AS MATERIALIZED (
    SELECT FROM {schema}.leases
    WHERE name = $1 AND fence = $2::bigint AND expires_at > clock_timestamp() FOR SHARE
  ), sent AS (
    SELECT * FROM ${sent}
  ), mine AS MATERIALIZED (
    SELECT q.id, q.seq FROM {schema}.queue q JOIN sent USING (id, seq)
    WHERE q.audience = $3 AND EXISTS (SELECT FROM current)
    FOR UPDATE OF q SKIP LOCKED
  ), gone AS (
    DELETE FROM {schema}.queue q USING mine
    WHERE q.audience = $3 AND q.id = mine.id AND q.seq = mine.seq
    RETURNING q.id, q.action
  )`;
}

/** Rows that are not gone and have the action that was sent, as the statement began. */
const LEFT = `
  SELECT q.id AS key FROM {schema}.queue q JOIN sent USING (id, seq)
  WHERE q.audience = $3 AND NOT EXISTS (SELECT FROM gone WHERE gone.id = q.id)`;

/** What is delivered supersedes a dead letter of the id. */
const REMOVE = `${matching("unnest($4::text[], $5::bigint[]) AS t (id, seq)")}, superseded AS (
    DELETE FROM {schema}.dead_letters d USING gone WHERE d.audience = $3 AND d.id = gone.id
  )${LEFT}`;

const BURY = `${matching("unnest($4::text[], $5::bigint[], $6::text[]) AS t (id, seq, reason)")}, buried AS (
    INSERT INTO {schema}.dead_letters (audience, id, action, reason)
    SELECT $3, gone.id, gone.action, sent.reason FROM gone JOIN sent USING (id)
    ON CONFLICT (audience, id) DO UPDATE
      SET action = excluded.action, reason = excluded.reason, refused_at = clock_timestamp()
  )${LEFT}`;
