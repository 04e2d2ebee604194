// The routes that change audiences: create, update, replace and remove. Each is accepted at once and applied later.

import { type Answer, accepted, partlyAccepted, type RecordError } from "./answers.ts";
import { checkMaintenance, checkNew, checkNotEmpty, checkThere, checkType } from "./audience-rules.ts";
import type { Description } from "./catalog.ts";
import type { FakeBatchOptions, Refuse, RequestEntry } from "./fake-options.ts";
import type { Random } from "./random.ts";
import { refuseAny, type Write } from "./rules.ts";
import type { Action, State } from "./state.ts";

/** `clock` counts in the unit of `indexLag`. */
export function createWrites(state: State, options: FakeBatchOptions, clock: () => number) {
  const { refuse, refusedStatus = 400, refuseRecord } = options;
  const { catalog } = state;

  function refusalOf({ kind, name, actions, type }: Write, entry: RequestEntry): Answer | undefined {
    const isCreate = kind === "create";
    return (
      (isCreate ? checkNew(name, catalog, options) : checkThere(name, entry, catalog, options)) ??
      checkMaintenance(name, entry, options) ??
      checkType(type, options) ??
      (kind === "replace" ? checkNotEmpty(actions.length, options) : undefined) ??
      (refuse && refuseAny(actions, refuse, refusedStatus))
    );
  }

  return (write: Write, entry: RequestEntry, random: Random): Answer => {
    const refused = refusalOf(write, entry);
    if (refused !== undefined) return refused;
    const { kind, name: audience, actions } = write;
    const errors = recordErrors(actions, refuseRecord);
    const wrong = new Set(errors.map(({ bulk_index }) => bulk_index));
    const taken = wrong.size === 0 ? actions : actions.filter((_, index) => !wrong.has(index));
    const token = createToken(random);
    const { number } = entry;
    const description = describe(write);
    state.accept(
      { number, kind, audience, token, actions: lastActions(taken), description },
      clock(),
      random,
    );
    entry.accepted = true;
    entry.token = token;
    return errors.length === 0 ? accepted(token) : partlyAccepted(token, errors);
  };
}

/** Answers spell `custom_ids` as `CUSTOM_ID`. */
function describe({ type, displayName }: Write): Description | undefined {
  return type === undefined ? undefined : { type: type.toUpperCase().replace(/S$/, ""), displayName };
}

function recordErrors(actions: readonly Action[], refuseRecord: Refuse | undefined): RecordError[] {
  if (refuseRecord === undefined) return [];
  return actions.flatMap((action, bulk_index) => {
    const reason = refuseRecord(action);
    return typeof reason === "string" ? { bulk_index, reason } : [];
  });
}

function lastActions(actions: readonly Action[]): Map<string, Action> {
  const last = new Map<string, Action>();
  for (const action of actions) last.set(action.id, action);
  return last;
}

function createToken(random: Random): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return word() + word() + word() + word();
}
