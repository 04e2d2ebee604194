import type { AddAction, AudienceAction } from "../actions/action.ts";
import type { AudienceClient } from "../client.ts";
import type { Checkpoint, UpdateReport } from "../update/report.ts";
import { UpdateError } from "../update/update-error.ts";
import type { ResolvedUpdateOptions } from "../update/update-options.ts";
import { readParts } from "./blobs.ts";
import { idText } from "./compare.ts";
import { disjointWindows } from "./disjoint-windows.ts";
import type { PartsOf, Plan } from "./manifest.ts";
import { RecordCursor } from "./record.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

const DECODER = new TextDecoder();
/** A multiple of a request, so that each is full. Windows that share no id need not be long. */
const WINDOW_REQUESTS = 10;

/** How the sending of a plan ended. */
export interface Sent {
  report: UpdateReport;
  error?: UpdateError;
  /** Ids that the API refused alone. */
  refused: ReadonlySet<string>;
}

/** Sends the plan. `pending` is what an earlier run has left to be applied: it is waited for first. */
export async function sendPlan(
  client: AudienceClient,
  audience: string,
  plan: Plan,
  store: SnapshotStore,
  options: ResolvedUpdateOptions,
  pending: readonly string[] | undefined,
): Promise<Sent> {
  const refused = new Set<string>();
  const { invalid: _, betweenWindows: __, flushAfterMs: ___, wait: ____, ...update } = options;
  const resumeFrom: Checkpoint | undefined = pending && { records: 0, indexingTokens: [...pending] };
  const settings = {
    ...update,
    ...(resumeFrom && { resumeFrom }),
    spill: disjointWindows,
    window: Math.min(options.window, WINDOW_REQUESTS * options.maxIdsPerRequest),
    onRejected: (...[issue, record]: Parameters<NonNullable<typeof options.onRejected>>) => {
      if (issue.id !== undefined) refused.add(issue.id);
      return options.onRejected?.(issue, record);
    },
  };
  try {
    const report = plan.replacement
      ? await client.replace(audience, members(plan.adds, store), { ...settings, allowEmpty: true })
      : await client.update(audience, actionsOf(plan, store), settings);
    return { report, refused };
  } catch (error) {
    if (!(error instanceof UpdateError)) throw error;
    return { report: error.report, error, refused };
  }
}

/** Removals first: a run that is cut off then errs on the side of consent. */
async function* actionsOf({ removes, adds }: Plan, store: SnapshotStore): AsyncGenerator<AudienceAction> {
  for await (const { id } of members(removes, store)) yield { action: "remove", id };
  for await (const member of members(adds, store)) yield { action: "add", ...member };
}

async function* members(partsOf: PartsOf, store: SnapshotStore): AsyncGenerator<Omit<AddAction, "action">> {
  for await (const record of recordsOf(partsOf, store)) {
    const id = JSON.parse(`"${idText(record)}"`) as string;
    const attributes = DECODER.decode(record.bytes.subarray(record.attributesFrom, record.end));
    yield attributes === "" ? { id } : { id, attributes: JSON.parse(attributes) as AddAction["attributes"] };
  }
}

/** The records of a plan in the order in which they are sent. Each is valid until the next one. */
export async function* plannedRecords(
  { removes, adds }: Plan,
  store: SnapshotStore,
): AsyncGenerator<RecordCursor> {
  yield* recordsOf(removes, store);
  yield* recordsOf(adds, store);
}

async function* recordsOf(partsOf: PartsOf, store: SnapshotStore): AsyncGenerator<RecordCursor> {
  for (const parts of partsOf) {
    const record = new RecordCursor(await readParts(store, parts));
    while (record.next()) yield record;
  }
}
