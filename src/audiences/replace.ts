import { assertOption } from "../options.ts";
import {
  type ResolvedUpdateOptions,
  resolveUpdateOptions,
  type UpdateOptions,
} from "../update/update-options.ts";

export interface ReplaceOptions extends Omit<UpdateOptions, "betweenWindows" | "flushAfterMs"> {
  /** Lets a source without members empty the audience. Default false: a query that went wrong must not do it. */
  allowEmpty?: boolean | undefined;
}

export function resolveReplaceOptions(given: ReplaceOptions = {}): {
  settings: ResolvedUpdateOptions;
  replace: { allowEmpty: boolean };
} {
  assertOption("options", typeof given === "object" && given !== null, "an object", given);
  const { allowEmpty = false, ...options } = given;
  assertOption("allowEmpty", typeof allowEmpty === "boolean", "true or false", allowEmpty);
  const isGiven = (name: string) => name in options;
  const waits = "left out: a replacement waits until it is applied";
  assertOption("betweenWindows", !isGiven("betweenWindows"), waits, "it");
  assertOption("flushAfterMs", !isGiven("flushAfterMs"), "left out: a list has an end", "it");
  return { settings: resolveUpdateOptions(options), replace: { allowEmpty } };
}
