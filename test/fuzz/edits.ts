// Small changes of bytes and of JSON that were valid.

import fc from "fast-check";

/** `at` and `length` are shares of the whole, so that an edit fits any bytes. */
export interface Edit {
  kind: "put" | "insert" | "delete" | "cut" | "repeat" | "flip";
  at: number;
  length: number;
  text: string;
}

export const anyBytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1"));

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("put", "insert", "delete", "cut", "repeat", "flip"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constantFrom(0.001, 0.01), fc.double({ min: 0, max: 1, noNaN: true })),
  text: fc.oneof(anyBytes(4), fc.constantFrom("0", "9", "-1", "1e9", "null", "{}", "[]", '"', ",", "\n")),
});

export const edits: fc.Arbitrary<Edit[]> = fc.array(edit, { minLength: 1, maxLength: 4 });

export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce(apply, text);
}

function apply(whole: string, { kind, at, length, text }: Edit): string {
  const from = Math.floor(at * whole.length);
  const to = Math.min(whole.length, from + 1 + Math.floor(length * 64));
  const [before, part, after] = [whole.slice(0, from), whole.slice(from, to), whole.slice(to)];
  switch (kind) {
    case "put":
      return before + text + whole.slice(from + text.length);
    case "insert":
      return before + text + part + after;
    case "delete":
      return before + after;
    case "cut":
      return before;
    case "repeat":
      return before + part + part + after;
    case "flip":
      return before + flipped(part) + after;
  }
}

function flipped(part: string): string {
  return part === "" ? "" : String.fromCharCode(part.charCodeAt(0) ^ 1) + part.slice(1);
}

/** A change of one value of a document, wherever it is. `at` counts its values. */
export interface ValueEdit {
  at: number;
  /** `undefined` removes it. */
  value?: unknown;
}

export const valueEdit: fc.Arbitrary<ValueEdit> = fc.record(
  {
    at: fc.nat(400),
    value: fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom<unknown>(null, {}, [], "", -1, 0.5, 1e300, 2 ** 53, "__proto__"),
    ),
  },
  { requiredKeys: ["at"] },
);

/** The document with one of its values replaced, as JSON. */
export function withValue(document: unknown, { at, value }: ValueEdit): string {
  const copy: unknown = structuredClone(document);
  const places: [object, string][] = [];
  collect(copy, places);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return JSON.stringify(copy);
  const [parent, key] = place;
  if (value === undefined) Reflect.deleteProperty(parent, key);
  else Object.assign(parent, { [key]: value });
  return JSON.stringify(copy);
}

function collect(value: unknown, places: [object, string][]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    places.push([value, key]);
    collect(inner, places);
  }
}
