import { isObject, type JsonObject } from "./json.ts";
import { type Keys, valueAt } from "./json-path.ts";

/** A place in a document, in words for a reviewer. */
export interface Place {
  /** The operation and the part of it, for example "POST /audiences/update, request". */
  part: string;
  /** The field of a schema, for example "ids[].action"; absent outside a schema and at its top. */
  field?: string;
  /** Whether it is part of a request. */
  sent: boolean;
}

/** Describes a JSON pointer from `redocly diff`. */
export function placeAt(pointer: string, document: JsonObject): Place {
  const keys = keysOf(pointer);
  const [area, path, method, section, name, ...rest] = keys;
  if (area !== "paths" || path === undefined) return { part: keys.join("/") || "document", sent: false };
  if (method === undefined) return { part: path, sent: false };
  const operation = `${method.toUpperCase()} ${path}`;
  if (section === "requestBody") return inSchema(`${operation}, request`, rest, true);
  if (section === "responses" && name !== undefined) {
    return inSchema(`${operation}, response ${name}`, rest.slice(1), false);
  }
  if (section === "parameters" && name !== undefined) {
    return inSchema(`${operation}, ${parameterName(document, keys.slice(0, 5))}`, rest, true);
  }
  return {
    part: [operation, section, name, ...rest].filter((key) => key !== undefined).join(" "),
    sent: false,
  };
}

/** `keys` is what follows the section: a media type or header, `schema`, and the path through the schema's fields. */
function inSchema(part: string, keys: string[], sent: boolean): Place {
  const start = keys.indexOf("schema");
  if (start === -1) return { part: [part, ...keys].join(" "), sent };
  const steps = keys.slice(start + 1);
  let field = "";
  for (let index = 0; index < steps.length; index++) {
    if (steps[index] === "properties" && index + 1 < steps.length) field += `.${steps[++index]}`;
    else if (steps[index] === "items") field += "[]";
    else field += `/${steps[index]}`;
  }
  return { part, sent, ...(field !== "" && { field: field.replace(/^\./, "") }) };
}

function parameterName(document: JsonObject, keys: string[]): string {
  const place: Keys = keys.map((key, index) => (index === 4 ? Number(key) : key));
  const found = valueAt(document, place);
  const reference = isObject(found) && typeof found.$ref === "string" ? found.$ref : undefined;
  const parameter = reference === undefined ? found : valueAt(document, keysOf(reference));
  if (!isObject(parameter)) return `parameter ${keys[4]}`;
  return `${parameter.in} parameter \`${parameter.name}\``;
}

function keysOf(pointer: string): string[] {
  const steps = pointer.replace(/^#\/?/, "").split("/");
  return steps.filter((step) => step !== "").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
