import { isObject, type Json } from "./json.ts";
import { pointerOf } from "./json-path.ts";
import { SpecError } from "./spec-error.ts";

interface Reference {
  /** Where it stands, as a JSON pointer. */
  pointer: string;
  target: string;
}

/**
 * Refuses a value that refers to something outside of itself. Redocly and openapi-typescript would follow the
 * reference: to a file on this machine, which would then be copied into generated/, or to a server, which each check
 * would then need.
 */
export function refuseOutsideReferences(value: Json, name: string): void {
  const reference = findOutsideReference(value, []);
  if (reference === undefined) return;
  throw new SpecError(
    `${name}: ${reference.pointer} refers to ${JSON.stringify(reference.target)}. Only references inside the ` +
      "document are followed, those that begin with `#/`. Write what it refers to into the document itself.",
  );
}

function findOutsideReference(value: Json, keys: string[]): Reference | undefined {
  if (typeof value === "string" && leadsOutside(value, keys))
    return { pointer: pointerOf(keys), target: value };
  if (!isObject(value) && !Array.isArray(value)) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const found = findOutsideReference(child, [...keys, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function leadsOutside(target: string, keys: string[]): boolean {
  const [area, parent, key] = [keys.at(-3), keys.at(-2), keys.at(-1)];
  if (key === "externalValue") return true;
  if (key === "$ref" || key === "operationRef") return !target.startsWith("#/");
  // What a discriminator maps to may also be the bare name of a schema.
  const isMapping = (area === "discriminator" && parent === "mapping") || key === "defaultMapping";
  return isMapping && !target.startsWith("#/") && !/^[\w-]+$/.test(target);
}
