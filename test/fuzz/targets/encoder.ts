// Any JavaScript value as an action. Its recipe is JSON.

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { AudienceAction } from "../../../src/actions/action.ts";
import { ActionEncoder } from "../../../src/actions/encoder.ts";
import { stub } from "../../support/scripted-api.ts";
import { assert, ended, type Target } from "../target.ts";

const SPECIAL: Record<string, () => unknown> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "-0": () => -0,
  bigint: () => 10n ** 400n,
  symbol: () => Symbol("a\nb"),
  function: () => () => "called",
  class: () => class A {},
  "invalid date": () => new Date(Number.NaN),
  date: () => new Date(1e12),
  "late date": () => new Date(8.64e15),
  url: () => new URL("https://a.example/é?q=1"),
  "long url": () => new URL(`https://a.example/${"x".repeat(3000)}`),
  "long text": () => "é".repeat(100_000),
  "text that was cut in a pair": () => "\u{1f600}".slice(0, 1),
  regexp: () => /a/g,
  promise: () => Promise.resolve(1),
  "typed array": () => new Uint8Array(5),
  "many attributes": () => Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`a${n}`, n])),
};

/** What the value itself throws, not the encoder. */
class ThrownByValue extends Error {}
const throwing = () => {
  throw new ThrownByValue();
};

type Form = keyof typeof FORMS;
type How = "value" | "getter" | "throws" | "changes" | "hidden" | "cycle";
interface ObjectRecipe {
  form: Form;
  properties: { key: string; how: How; value: Recipe }[];
}
type Recipe = { json: unknown } | { special: string } | ObjectRecipe;

const proxyOf = (target: object, handler: ProxyHandler<object>) => new Proxy(target, handler);

const FORMS = {
  plain: (value: object) => value,
  "no prototype": (value: object) => Object.setPrototypeOf(value, null) as object,
  "class instance": (value: object) => Object.setPrototypeOf(value, class B {}.prototype) as object,
  array: (value: object) => Object.assign([], Object.getOwnPropertyDescriptors(value)),
  "wrapped string": (value: object) =>
    Object.defineProperties(Object("text") as object, Object.getOwnPropertyDescriptors(value)),
  map: () => new Map([["id", "a"]]),
  proxy: (value: object) => proxyOf(value, {}),
  "proxy whose names throw": (value: object) => proxyOf(value, { ownKeys: throwing }),
  "proxy whose values throw": (value: object) => proxyOf(value, { get: throwing }),
  "proxy whose prototype throws": (value: object) => proxyOf(value, { getPrototypeOf: throwing }),
  "proxy that has everything": (value: object) => proxyOf(value, { get: (_, key) => String(key) }),
  "proxy of a date": () => proxyOf(new Date(0), {}),
  "proxy that is revoked": (value: object) => {
    const { proxy, revoke } = Proxy.revocable(value, {});
    revoke();
    return proxy;
  },
  "date in name only": () => Object.create(Date.prototype) as object,
  "url in name only": () => Object.create(URL.prototype) as object,
  "date that lies": () =>
    Object.assign(new Date(0), { toISOString: () => '","id":"other', getUTCFullYear: () => "2000" }),
  "date whose text is no text": () => Object.assign(new Date(0), { toISOString: () => ({}) }),
  "url that lies": () => Object.defineProperty(new URL("https://a.b"), "href", { value: '"}' }),
  "url whose address is no text": () => Object.defineProperty(new URL("https://a.b"), "href", { value: 7 }),
  "throws when it is shown": (value: object) =>
    Object.defineProperties(value, {
      toString: { value: throwing },
      toJSON: { value: throwing },
      [Symbol.toPrimitive]: { value: throwing },
    }),
  "tag that throws": (value: object) => Object.defineProperty(value, Symbol.toStringTag, { get: throwing }),
} as const;

/** Errors that the runtime throws in place of the value, where it is touched at all. */
const TOUCHY: readonly string[] = ["proxy that is revoked"] satisfies Form[];

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("id", "action", "attributes") },
  fc.constantFrom("age", "date(joined)", "url(site)", "joined", "__proto__", "constructor", "toJSON", "A b"),
  fc.string({ unit: "binary", maxLength: 6 }),
);

const { value } = fc.letrec<{ value: Recipe; object: ObjectRecipe }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    {
      weight: 4,
      arbitrary: fc.record({ json: fc.constantFrom<unknown>("add", "remove", "id-1", 1, true, null) }),
    },
    { weight: 2, arbitrary: fc.record({ json: fc.string({ unit: "binary", maxLength: 8 }) }) },
    { weight: 1, arbitrary: fc.record({ json: fc.double({ noNaN: true, noDefaultInfinity: true }) }) },
    { weight: 3, arbitrary: fc.record({ special: fc.constantFrom(...Object.keys(SPECIAL)) }) },
    { weight: 6, arbitrary: tie("object") },
  ),
  object: fc.record({
    form: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Form>("plain") },
      fc.constantFrom(...(Object.keys(FORMS) as Form[])),
    ),
    properties: fc.array(
      fc.record({
        key: name,
        how: fc.oneof(
          { weight: 8, arbitrary: fc.constant<How>("value") },
          fc.constantFrom<How[]>("getter", "throws", "changes", "hidden", "cycle"),
        ),
        value: tie("value"),
      }),
      { maxLength: 5 },
    ),
  }),
}));

/** An action whose attributes are anything: else few inputs would come so far. */
const withAttributes: fc.Arbitrary<Recipe> = fc.tuple(name, value).map(([key, inner]) => {
  const property = (key: string, value: Recipe) => ({ key, how: "value" as const, value });
  const attributes: Recipe = { form: "plain", properties: [property(key, inner)] };
  const properties = [
    property("action", { json: "add" }),
    property("id", { json: "a" }),
    property("attributes", attributes),
  ];
  return { form: "plain", properties };
});

interface Input {
  recipe: Recipe;
  maxBytes: number;
  records: "actions" | "members";
  /** Whether it also goes through a whole update, which is slower. */
  update: boolean;
}

export const encoder: Target<Input> = {
  name: "encoder",
  input: fc.record({
    recipe: fc.oneof(value, withAttributes),
    maxBytes: fc.constantFrom(4_000_000, 4_000_000, 100, 30),
    records: fc.constantFrom("actions", "members"),
    update: fc.constantFrom(false, false, false, false, false, false, false, true),
  }),
  async run({ recipe, maxBytes, records, update }) {
    encodeDirectly(recipe, maxBytes, records);
    if (!update) return;
    const api = stub();
    const source = [build(recipe), { action: "add", id: "x" }] as AudienceAction[];
    await ended(() => api.client.update("vips", source, { dryRun: true, invalid: "skip" }));
    await ended(() => api.client.update("vips", source));
    await ended(() => api.client.replace("vips", source));
    for (const { body } of api.calls) if (body !== "") JSON.parse(body);
  },
};

function encodeDirectly(recipe: Recipe, maxBytes: number, records: Input["records"]): void {
  let warnings = 0;
  const encoder = new ActionEncoder(maxBytes, () => warnings++, records);
  let encoded: ReturnType<ActionEncoder["encode"]>;
  try {
    encoded = encoder.encode(build(recipe), 3);
  } catch (error) {
    assert(error instanceof ThrownByValue || isTouchy(recipe), `the encoder threw ${describe(error)}`);
    return;
  }
  if (Array.isArray(encoded)) {
    assert(encoded.length > 0, "refused without an issue");
    const isIssue = encoded.every(({ index, reason }) => index === 3 && reason !== "");
    assert(isIssue, `an issue that says nothing: ${JSON.stringify(encoded)}`);
    return;
  }
  const { id, json, bytes } = encoded;
  const { action, attributes = {}, ...rest } = JSON.parse(json) as Record<string, unknown>;
  assert(isDeepStrictEqual(rest, { id }), `more than an action: ${json.slice(0, 200)}`);
  assert(action === "add" || action === "remove", `no action: ${json.slice(0, 200)}`);
  assert(bytes === Buffer.byteLength(json) && bytes <= maxBytes, `${bytes} bytes: ${json.slice(0, 200)}`);
  const values = Object.values(attributes as object);
  assert(values.length <= 15, `${values.length} attributes`);
  assert(
    values.every((value) => ["string", "number", "boolean"].includes(typeof value)),
    `an attribute of another type: ${json.slice(0, 200)}`,
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isTouchy(recipe: Recipe): boolean {
  if (!("form" in recipe)) return false;
  return TOUCHY.includes(recipe.form) || recipe.properties.some(({ value }) => isTouchy(value));
}

function build(recipe: Recipe): unknown {
  if ("json" in recipe) return recipe.json;
  if ("special" in recipe) return SPECIAL[recipe.special]!();
  const value = {};
  for (const { key, how, value: inner } of recipe.properties) {
    Object.defineProperty(value, key, { configurable: true, ...property(value, how, inner) });
  }
  return FORMS[recipe.form](value);
}

function property(owner: object, how: How, recipe: Recipe): PropertyDescriptor {
  const inner = build(recipe);
  let reads = 0;
  switch (how) {
    case "value":
      return { enumerable: true, value: inner, writable: true };
    case "getter":
      return { enumerable: true, get: () => inner };
    case "throws":
      return { enumerable: true, get: throwing };
    case "changes":
      return { enumerable: true, get: () => (reads++ % 2 === 0 ? inner : { reads }) };
    case "hidden":
      return { enumerable: false, value: inner, writable: true };
    case "cycle":
      return { enumerable: true, value: owner, writable: true };
  }
}
