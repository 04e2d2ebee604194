import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type Keys, parsePath, valueAt } from "./json-path.ts";
import { refuseOutsideReferences } from "./references.ts";
import { reasonOf, SpecError } from "./spec-error.ts";

interface Action {
  /** What error messages call it: its number and its target. */
  label: string;
  target: Keys;
  update: JsonObject;
}

/**
 * Applies an OpenAPI Overlay 1.0 and checks what the usual tools do not: every action finds its target, changes
 * something, and contradicts nothing in the document.
 */
export function applyOverlay(document: JsonObject, overlayText: string): JsonObject {
  const actions = readActions(overlayText);
  refuseSuperseded(document, actions);
  let result: Json = document;
  for (const { label, target, update } of actions) {
    const found = valueAt(result, target);
    if (found === undefined) {
      throw unfit(
        label,
        "its target is not in the document (any more)",
        "Correct the target or delete the action.",
      );
    }
    const merged = add(found, update, label);
    if (isDeepStrictEqual(merged, found)) {
      throw unfit(label, "it changes nothing, the document already says so", "Delete the action.");
    }
    result = replaceAt(result, target, merged);
  }
  return result as JsonObject;
}

/** Refuses actions that add a route which the vendor's own document has by now, and names them all at once. */
function refuseSuperseded({ paths }: JsonObject, actions: Action[]): void {
  const superseded = actions.flatMap(({ label, target, update }) => {
    const routes = isDeepStrictEqual(target, ["paths"]) ? operationsOf(update) : [];
    return routes
      .filter((keys) => isObject(valueAt(paths ?? null, keys)))
      .map(([route, method]) => `  ${label}: ${String(method).toUpperCase()} ${route}`);
  });
  if (superseded.length === 0) return;
  throw new SpecError(
    "openapi/overlay.yaml: the vendor's own document has these routes now. Delete the actions that add them:\n" +
      `${superseded.join("\n")}\n` +
      "Then run this again. What the vendor's version leaves out can come back as a correction with a target below " +
      "the route.",
  );
}

/** The route and method of each operation, for example `["/audiences/view", "get"]`. */
function operationsOf(paths: JsonObject): Keys[] {
  return Object.entries(paths).flatMap(([route, item]) =>
    isObject(item) ? Object.keys(item).map((method) => [route, method]) : [],
  );
}

function readActions(text: string): Action[] {
  let overlay: unknown;
  try {
    overlay = parse(text, { merge: true });
  } catch (thrown) {
    throw new SpecError(`openapi/overlay.yaml is not YAML: ${reasonOf(thrown)}. Correct it.`);
  }
  if (!isObject(overlay) || overlay.overlay !== "1.0.0" || !Array.isArray(overlay.actions)) {
    throw new SpecError(
      "openapi/overlay.yaml is not an overlay: it needs `overlay: 1.0.0` and a list of `actions`.",
    );
  }
  return overlay.actions.map(readAction);
}

function readAction(action: Json, index: number): Action {
  const label = `action ${index + 1}`;
  if (!isObject(action) || typeof action.target !== "string" || !isObject(action.update)) {
    throw unfit(label, "it has no `target` or no `update`", "An action here only adds; write both.");
  }
  if (typeof action.description !== "string" || typeof action["x-source"] !== "string") {
    throw unfit(label, "it does not say why and from where", "Write a `description` and an `x-source`.");
  }
  const named = `${label} (${action.target})`;
  refuseOutsideReferences(action.update, `openapi/overlay.yaml, ${named}, update`);
  return { label: named, target: parsePath(action.target), update: action.update };
}

/** Adds `extra` to `base`. A different value in `base` means that the vendor's document now says something else. */
function add(base: Json | undefined, extra: Json, label: string, key = "value"): Json {
  if (base === undefined || isDeepStrictEqual(base, extra)) return extra;
  if (!isObject(base) || !isObject(extra)) {
    const clash = `the document says \`${key}: ${JSON.stringify(base)}\`, the overlay ${JSON.stringify(extra)}`;
    throw unfit(label, clash, "See which is right, then adjust or delete the action.");
  }
  const added = Object.entries(extra).map(([name, value]) => {
    const own = Object.hasOwn(base, name) ? base[name] : undefined;
    return [name, add(own, value, label, name)];
  });
  return { ...base, ...Object.fromEntries(added) };
}

function replaceAt(root: Json, [key, ...rest]: Keys, value: Json): Json {
  if (key === undefined) return value;
  if (Array.isArray(root)) return root.with(Number(key), replaceAt(root[Number(key)] ?? null, rest, value));
  const parent = root as JsonObject;
  return { ...parent, [key]: replaceAt(parent[key] ?? null, rest, value) };
}

function unfit(label: string, why: string, next: string): SpecError {
  return new SpecError(`openapi/overlay.yaml, ${label}: ${why}. ${next}`);
}
