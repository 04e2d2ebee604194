import { assertOption, assertOptionNames, isCount } from "../options.ts";
import {
  type ResolvedUpdateOptions,
  resolveUpdateOptions,
  UPDATE_OPTIONS,
  type UpdateOptions,
} from "../update/update-options.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** Besides these, the options of `update`, but for those that the state makes needless. */
export interface MirrorOptions
  extends Omit<UpdateOptions, "resumeFrom" | "betweenWindows" | "flushAfterMs" | "spill"> {
  /** Holds what the audience held after the last run. One for each audience. */
  state: SnapshotStore;
  /**
   * What the audience holds before the first run: needed then, and ignored later. "empty": nothing, so every member is an add.
   * "replace": anything, so the first request replaces all of it.
   */
  baseline?: "empty" | "replace" | undefined;
  /**
   * How many ids may be removed: a count, or a part of those that the audience holds like "15%". With more, the run is refused
   * before anything is sent. Default "15%".
   */
  maxRemoved?: number | `${number}%` | undefined;
  /** Lets a source without members empty the audience. Default false: a query that went wrong must not do it. */
  allowEmpty?: boolean | undefined;
  /** Replaces all that is on the audience by the list, to repair what others have changed. Default false. */
  reassert?: boolean | undefined;
  /**
   * Waits until all is applied, and asks the API how many ids there are. Default true. With false, the next run waits before it
   * sends.
   */
  wait?: boolean | undefined;
}

/** The options with their defaults, checked. */
export interface ResolvedMirrorOptions {
  state: SnapshotStore;
  baseline: "empty" | "replace" | undefined;
  maxRemoved: MaxRemoved;
  allowEmpty: boolean;
  reassert: boolean;
  wait: boolean;
  /** For `update`. */
  update: ResolvedUpdateOptions;
}

export type MaxRemoved = { ids: number } | { percent: number };

const OWN = ["state", "baseline", "maxRemoved", "allowEmpty", "reassert", "wait"];
/** The state is for these, and a list has an end. */
const NOT_TAKEN = ["resumeFrom", "betweenWindows", "flushAfterMs", "spill"];
const NAMES = [...OWN, ...UPDATE_OPTIONS.filter((name) => !NOT_TAKEN.includes(name))];
const STORE_METHODS = ["open", "read", "write", "commit"] as const;
const PERCENT = /^(\d+(?:\.\d+)?)\s*%$/;

export function resolveMirrorOptions(options: MirrorOptions): ResolvedMirrorOptions {
  assertOptionNames("options", options, NAMES);
  const { state, baseline, maxRemoved, allowEmpty, reassert, wait, ...update } = options;
  const isStore = STORE_METHODS.every((method) => typeof state?.[method] === "function");
  assertOption("state", isStore, 'a SnapshotStore, like directory("state/vip")', state);
  const isBaseline = baseline === undefined || baseline === "empty" || baseline === "replace";
  assertOption("baseline", isBaseline, '"empty" or "replace"', baseline);
  for (const [name, value] of Object.entries({ allowEmpty, reassert, wait })) {
    assertOption(name, value === undefined || typeof value === "boolean", "true or false", value);
  }
  return {
    state,
    baseline,
    maxRemoved: readMaxRemoved(maxRemoved ?? "15%"),
    allowEmpty: allowEmpty ?? false,
    reassert: reassert ?? false,
    wait: wait ?? true,
    update: resolveUpdateOptions(update),
  };
}

function readMaxRemoved(value: unknown): MaxRemoved {
  if (typeof value === "number" && isCount(value, 0)) return { ids: value };
  const percent = typeof value === "string" ? Number(PERCENT.exec(value)?.[1] ?? Number.NaN) : Number.NaN;
  assertOption("maxRemoved", percent <= 100, 'a whole number from 0, or a share like "15%"', value);
  return { percent };
}
