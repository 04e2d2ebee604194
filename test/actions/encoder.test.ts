import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { ActionIssue } from "../../src/actions/action.ts";
import { ActionEncoder } from "../../src/actions/encoder.ts";

function encode(action: unknown, maxBytes = 100_000) {
  const warnings: string[] = [];
  const encoder = new ActionEncoder(maxBytes, (reason, index, id, path) =>
    warnings.push(`${index} ${id} ${path}: ${reason}`),
  );
  const result = encoder.encode(action, 7);
  const issues: ActionIssue[] = Array.isArray(result) ? result : [];
  return { encoded: Array.isArray(result) ? undefined : result, issues, warnings };
}

const withAttributes = (attributes: unknown) => ({ action: "add", id: "a", attributes });
const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 1]));
const numbered = (count: number) => named(...Array.from({ length: count }, (_, i) => `n${i}`));
/** A URL of exactly this many characters. */
const urlOf = (length: number) => `https://a.fr/${"x".repeat(length - 13)}`;

describe("an action is refused, with its index and the path in it, that is", () => {
  test.each<[what: string, action: unknown, path: string, reason: RegExp]>([
    ["undefined", undefined, "", /expected an action.*got undefined/],
    ["null", null, "", /got null/],
    ["a string", "a", "", /got the string "a"/],
    ["a number", 5, "", /got the number 5/],
    ["a boolean", true, "", /got the boolean true/],
    [
      "of an unknown kind",
      { action: "delete", id: "a" },
      "action",
      /"add" or "remove", got the string "delete"/,
    ],
    ["of a kind that every object has", { action: "constructor", id: "a" }, "action", /"constructor"/],
    ["of no kind", { id: "a" }, "action", /got undefined/],
    ["without an id", { action: "add" }, "id", /expected a string, got undefined/],
    ["with a number for an id", { action: "add", id: 12 }, "id", /got the number 12/],
    ["with null for an id", { action: "remove", id: null }, "id", /got null/],
    ["with a bigint for an id", { action: "remove", id: 3n }, "id", /got the bigint 3n/],
    ["with an empty id", { action: "add", id: "" }, "id", /blank/],
    ["with an id of spaces", { action: "add", id: " \n\t\u00a0" }, "id", /blank/],
    [
      "a remove with attributes",
      { action: "remove", id: "a", attributes: {} },
      "attributes",
      /only an "add"/,
    ],
    ["with attributes null", withAttributes(null), "attributes", /got null/],
    ["with attributes as a list", withAttributes([]), "attributes", /got an array/],
    ["with attributes as a Map", withAttributes(new Map()), "attributes", /got an object/],
    ["with attributes as a Date", withAttributes(new Date(0)), "attributes", /got an object/],
    [
      "with attributes as a function without a prototype",
      withAttributes(Object.setPrototypeOf(() => 1, null)),
      "attributes",
      /got a function/,
    ],
    ["with 16 attributes", withAttributes(numbered(16)), "attributes", /at most 15 attributes, got 16/],
  ])("%s", (_what, action, path, reason) => {
    const { encoded, issues } = encode(action);
    expect(encoded).toBeUndefined();
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ index: 7, path, reason: expect.stringMatching(reason) });
  });
});

test.each([
  "",
  "Joined",
  "with space",
  "a-b",
  "é",
  "a".repeat(31),
  "a\n",
  "date()",
  "date(a",
  "dates(a)",
  "date(date(a))",
  "url(A)",
  `date(${"a".repeat(31)})`,
])("the attribute name %j is refused", (name) => {
  const { encoded, issues } = encode(withAttributes({ [name]: 1 }));
  expect(encoded).toBeUndefined();
  expect(issues).toEqual([
    {
      index: 7,
      id: "a",
      path: `attributes.${name}`,
      reason: expect.stringMatching(/1 to 30 characters of a-z, 0-9 and _/),
    },
  ]);
});

describe("an attribute value is refused that is", () => {
  test.each<[what: string, name: string, value: unknown, reason: RegExp]>([
    [
      "a nested object",
      "a",
      { b: 1 },
      /^expected a string, a finite number, a boolean, a Date or a URL, got an object/,
    ],
    ["an array", "a", [1], /got an array/],
    ["NaN", "a", Number.NaN, /a finite number, got NaN/],
    ["Infinity", "a", Number.POSITIVE_INFINITY, /a finite number, got Infinity/],
    ["-Infinity", "a", Number.NEGATIVE_INFINITY, /a finite number, got -Infinity/],
    ["null", "a", null, /got null/],
    ["a bigint", "a", 1n, /got the bigint 1n/],
    ["a symbol", "a", Symbol("s"), /got a symbol/],
    ["a function", "a", () => 1, /got a function/],
    ["an invalid Date", "a", new Date("never"), /an Invalid Date/],
    ["an object with the prototype of a Date", "a", Object.create(Date.prototype), /expected a Date, got an/],
    ["an object with the prototype of a URL", "a", Object.create(URL.prototype), /expected a URL, got an/],
    ["a Date after the year 9999", "a", new Date(253402300800000), /the year 10000/],
    ["a Date before the year 0", "a", new Date(-62198755200000), /the year -1/],
    ["a URL of over 2,048 characters", "a", new URL(urlOf(2049)), /at most 2048 characters, got 2049/],
    ["an address of over 2,048 characters", "url(a)", urlOf(2049), /at most 2048 characters, got 2049/],
    ["a relative address", "url(a)", "/home", /an absolute address, got "\/home"/],
    ["a word for a date", "date(a)", "yesterday", /RFC 3339 UTC.*got "yesterday"/],
    ["a day without a time", "date(a)", "2026-11-23", /RFC 3339 UTC/],
    ["a time with an offset", "date(a)", "2026-11-23T09:30:00+02:00", /RFC 3339 UTC/],
    ["a day that no month has", "date(a)", "2026-02-30T00:00:00Z", /RFC 3339 UTC/],
    ["an hour that no day has", "date(a)", "2026-02-03T24:00:00Z", /RFC 3339 UTC/],
    ["a number for a date", "date(a)", 1, /date\(…\) takes a Date .* got a number/],
    ["a boolean for an address", "url(a)", true, /url\(…\) takes a URL .* got a boolean/],
    ["a Date for an address", "url(a)", new Date(0), /url\(…\) takes a URL .* got a Date/],
    ["a URL for a date", "date(a)", new URL("https://a.fr"), /date\(…\) takes a Date .* got a URL/],
  ])("%s", (_what, name, value, reason) => {
    const { encoded, issues } = encode(withAttributes({ [name]: value }));
    expect(encoded).toBeUndefined();
    expect(issues).toEqual([
      { index: 7, id: "a", path: `attributes.${name}`, reason: expect.stringMatching(reason) },
    ]);
  });
});

test.each([
  ["joined", "date(joined)"],
  ["avatar", "url(avatar)"],
  ["date(x)", "url(x)"],
])("the keys %s and %s name one attribute, which is refused whichever comes first", (one, other) => {
  const values: Record<string, unknown> = { [one]: new Date(0), [other]: new Date(0) };
  if (one.startsWith("url")) values[one] = "https://a.fr";
  if (other.startsWith("url")) values[other] = "https://a.fr";
  for (const keys of [
    [one, other],
    [other, one],
  ]) {
    const { encoded, issues } = encode(
      withAttributes(Object.fromEntries(keys.map((key) => [key, values[key]]))),
    );
    expect(encoded).toBeUndefined();
    const reason = expect.stringMatching(/two keys name the attribute "(joined|avatar|x)"/);
    expect(issues).toEqual([{ index: 7, id: "a", path: `attributes.${keys[1]}`, reason }]);
  }
});

test("attributes whose names only look alike are sent together", () => {
  const attributes = { a: 1, "date(b)": "2026-11-23T09:30:00Z", "url(c)": "https://a.fr/", date: 2, url: 3 };
  const { encoded, issues } = encode(withAttributes(attributes));
  expect(issues).toEqual([]);
  expect(JSON.parse(encoded!.json).attributes).toEqual(attributes);
});

describe("an action is written", () => {
  test.each<[what: string, action: unknown, json: string]>([
    ["without attributes", { action: "add", id: "a" }, '{"action":"add","id":"a"}'],
    ["as a removal", { action: "remove", id: "a" }, '{"action":"remove","id":"a"}'],
    [
      "without undefined attributes",
      { ...withAttributes(undefined), action: "remove" },
      '{"action":"remove","id":"a"}',
    ],
    ["with no attributes left", withAttributes({}), '{"action":"add","id":"a","attributes":{}}'],
    [
      "with a string, a number and a boolean",
      withAttributes({ s: 'x"y', n: -1.5e300, b: false }),
      '{"action":"add","id":"a","attributes":{"s":"x\\"y","n":-1.5e+300,"b":false}}',
    ],
    [
      "with a Date under a plain name, wrapped",
      withAttributes({ joined: new Date("2026-11-23T09:30:00Z") }),
      '{"action":"add","id":"a","attributes":{"date(joined)":"2026-11-23T09:30:00.000Z"}}',
    ],
    [
      "with a URL under a plain name, wrapped",
      withAttributes({ avatar: new URL("https://a.fr/é?b=c") }),
      '{"action":"add","id":"a","attributes":{"url(avatar)":"https://a.fr/%C3%A9?b=c"}}',
    ],
    [
      "with names that are already wrapped, as they are",
      withAttributes({
        "date(a)": new Date(0),
        "url(b)": new URL("https://a.fr"),
        "date(c)": "2026-11-23T09:30:00.5+00:00",
        "url(d)": "mailto:a@b.fr",
      }),
      '{"action":"add","id":"a","attributes":{"date(a)":"1970-01-01T00:00:00.000Z","url(b)":"https://a.fr/",' +
        '"date(c)":"2026-11-23T09:30:00.5+00:00","url(d)":"mailto:a@b.fr"}}',
    ],
    [
      "with attributes of an object without a prototype",
      withAttributes(Object.assign(Object.create(null), { a: 1 })),
      '{"action":"add","id":"a","attributes":{"a":1}}',
    ],
    [
      "with attributes of an object of another realm",
      withAttributes(runInNewContext("({ a: 1 })")),
      '{"action":"add","id":"a","attributes":{"a":1}}',
    ],
    [
      "with a Date of the first and of the last year that RFC 3339 has",
      withAttributes({ a: new Date("0000-01-01T00:00:00Z"), b: new Date("9999-12-31T23:59:59Z") }),
      '{"action":"add","id":"a","attributes":{"date(a)":"0000-01-01T00:00:00.000Z",' +
        '"date(b)":"9999-12-31T23:59:59.000Z"}}',
    ],
    [
      "with an id that needs escapes",
      { action: "add", id: 'é"\\\u0001\n' },
      '{"action":"add","id":"é\\"\\\\\\u0001\\n"}',
    ],
    [
      "with half a surrogate pair escaped",
      { action: "add", id: "\ud83d" },
      '{"action":"add","id":"\\ud83d"}',
    ],
    ["with a whole surrogate pair as it is", { action: "add", id: "😀" }, '{"action":"add","id":"😀"}'],
  ])("%s", (_what, action, json) => {
    const { encoded, issues } = encode(action);
    expect(issues).toEqual([]);
    expect(encoded).toEqual({ id: (action as { id: string }).id, json, bytes: Buffer.byteLength(json) });
  });
});

test("undefined attributes are left out, as by JSON.stringify", () => {
  const attributes = { a: undefined, b: 1, c: undefined, "date(b)": undefined, d: "x", e: undefined };
  const { encoded, issues, warnings } = encode(withAttributes(attributes));
  expect({ issues, warnings }).toEqual({ issues: [], warnings: [] });
  expect(encoded!.json).toBe(JSON.stringify(withAttributes(attributes)));
  expect(encoded!.bytes).toBe(encoded!.json.length);
  const many = { ...numbered(15), more: undefined };
  expect(encode(withAttributes(many)).issues).toEqual([]);
  const twice = { b: undefined, "date(b)": "2026-11-23T09:30:00Z" };
  expect(encode(withAttributes(twice)).issues).toEqual([]);
});

test("a URL of 2,048 characters and 15 attributes are the most that is sent", () => {
  const attributes = { ...numbered(14), avatar: new URL(urlOf(2048)) };
  expect(encode(withAttributes(attributes)).issues).toEqual([]);
});

test.each(["__proto__", "constructor", "tostring", "hasownproperty"])(
  "the prototype name %s is an ordinary attribute",
  (name) => {
    const attributes = JSON.parse(`{"${name}":"x"}`) as object;
    expect(encode(withAttributes(attributes)).encoded?.json).toBe(
      `{"action":"add","id":"a","attributes":{"${name}":"x"}}`,
    );
    const twice = JSON.parse(`{"${name}":"x","date(${name})":"2026-11-23T09:30:00Z"}`) as object;
    expect(encode(withAttributes(twice)).issues).toHaveLength(1);
  },
);

test("a wrapped prototype name is not taken for one that is there twice", () => {
  const { issues } = encode(withAttributes({ "date(constructor)": new Date(0) }));
  expect(issues).toEqual([]);
});

test.each(["__proto__", "constructor", "toString"])("the prototype name %s is an ordinary id", (id) => {
  expect(encode({ action: "add", id }).encoded).toMatchObject({ id, json: `{"action":"add","id":"${id}"}` });
});

test("an action that alone takes more bytes than a request has room for is refused, to the byte", () => {
  const action = { action: "add", id: "é".repeat(10) };
  const bytes = Buffer.byteLength(JSON.stringify(action));
  expect(encode(action, bytes).issues).toEqual([]);
  const { encoded, issues } = encode(action, bytes - 1);
  expect(encoded).toBeUndefined();
  expect(issues).toEqual([
    {
      index: 7,
      id: action.id,
      path: "",
      reason: `takes ${bytes} bytes, but a request has room for only ${bytes - 1} (maxBytesPerRequest)`,
    },
  ]);
});

describe("a member", () => {
  const encoder = new ActionEncoder(1000, () => {}, "members");

  test("is written as an add, with or without an action", () => {
    const written = { id: "a", json: '{"action":"add","id":"a"}', bytes: 25 };
    expect([encoder.encode({ id: "a" }, 0), encoder.encode({ action: "add", id: "a" }, 1)]).toEqual([
      written,
      written,
    ]);
  });

  test.each(["remove", "delete"])("with the action %s is refused", (action) => {
    const reason = `expected no action: a member is on the audience, got the string "${action}"`;
    expect(encoder.encode({ action, id: "a" }, 2)).toEqual([{ index: 2, id: "a", path: "action", reason }]);
  });
});

test("all issues of one action are reported together", () => {
  const { issues } = encode({ action: "move", id: 1 });
  expect(issues.map(({ path }) => path)).toEqual(["id", "action"]);
  const several = encode(withAttributes({ Bad: 1, a: null, b: Number.NaN }));
  expect(several.issues.map(({ path }) => path)).toEqual(["attributes.Bad", "attributes.a", "attributes.b"]);
});

test("an issue is not reported for the next action", () => {
  const encoder = new ActionEncoder(1000, () => {});
  expect(encoder.encode({ action: "add", id: "" }, 0)).toMatchObject([{ index: 0, id: "" }]);
  expect(encoder.encode({ action: "add", id: "a" }, 1)).toMatchObject({ id: "a" });
  const reason = expect.stringContaining("got null");
  expect(encoder.encode(null, 2)).toStrictEqual([{ index: 2, path: "", reason }]);
});

test("a long value is shown shortened", () => {
  const { issues } = encode({ action: "x".repeat(10_000), id: "a" });
  expect(issues[0]!.reason.length).toBeLessThan(200);
});

test("names are still parsed correctly when the cache is full", () => {
  const encoder = new ActionEncoder(1000, () => {});
  const names = Array.from({ length: 2500 }, (_, i) => `n${i}`);
  const written = names.map((name, i) =>
    encoder.encode({ action: "add", id: "a", attributes: { [name]: i } }, i),
  );
  expect(written).toMatchObject(
    names.map((name, i) => ({ json: `{"action":"add","id":"a","attributes":{"${name}":${i}}}` })),
  );
});

test("a suspicious id, a long string and an unknown property are warned of, and sent", () => {
  const { encoded, warnings } = encode({
    action: "add",
    id: " a;",
    attributes: { s: "x".repeat(65), "url(u)": urlOf(100) },
    note: 1,
  });
  expect(encoded).toBeDefined();
  expect(warnings).toEqual([
    "7  a; id: an id with surrounding spaces",
    "7  a; id: an id with a semicolon",
    "7  a; attributes.s: a string of over 64 characters",
    "7  a; note: an unknown property, which is not sent",
  ]);
});

test("an unknown property of an action without an id is warned of", () => {
  expect(encode({ action: "add", id: 5, note: 1 }).warnings).toEqual([
    "7  note: an unknown property, which is not sent",
  ]);
});

test("a Date is written as what it is, whatever its methods say", () => {
  const date = Object.assign(new Date(0), { toISOString: () => '","id":"other', getUTCFullYear: () => 1 });
  const { encoded } = encode(withAttributes({ a: date }));
  expect(JSON.parse(encoded!.json)).toEqual(withAttributes({ "date(a)": "1970-01-01T00:00:00.000Z" }));
});
