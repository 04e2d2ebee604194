import { isObject, type Json } from "./json.ts";
import { SpecError } from "./spec-error.ts";

/** The keys a path walks through, from the root down. */
export type Keys = (string | number)[];

/**
 * Reads a JSONPath that names exactly one place: `$`, `.name`, `['name']` and `[0]`. Wildcards and filters are
 * refused: nobody would notice an action that finds one of its targets and misses another.
 */
export function parsePath(path: string): Keys {
  const step = /\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[(\d+)\]/y;
  const keys: Keys = [];
  step.lastIndex = 1;
  while (step.lastIndex > 0 && step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match) keys.push(match[1] ?? match[2] ?? Number(match[3]));
  }
  if (!path.startsWith("$") || step.lastIndex === 0) {
    throw new SpecError(
      `"${path}" does not name exactly one place: write it with $, .name, ['name'] and [0] only.`,
    );
  }
  return keys;
}

/** The value at that place, or `undefined` where there is none. */
export function valueAt(root: Json, keys: Keys): Json | undefined {
  let value: Json | undefined = root;
  for (const key of keys) {
    if (Array.isArray(value) && typeof key === "number") value = value[key];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/** The same place as a JSON pointer. */
export function pointerOf(keys: Keys): string {
  return ["#", ...keys.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1"))].join("/");
}
