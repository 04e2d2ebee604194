import { describe, expect, it } from "vitest";
import type { Json } from "../../scripts/spec/json.ts";
import { refuseOutsideReferences } from "../../scripts/spec/references.ts";

const refuse = (value: Json) => () => refuseOutsideReferences(value, "page.md");
const mapping = (target: string) => ({ discriminator: { propertyName: "type", mapping: { dog: target } } });

describe("a reference to something outside of the document", () => {
  it("is refused with its place, what it refers to and what to do", () => {
    const document = { paths: { "/a": { get: { responses: [{ $ref: "other.json#/a" }] } } } };
    expect(refuse(document)).toThrow(
      'page.md: #/paths/~1a/get/responses/0/$ref refers to "other.json#/a". Only references inside the document are ' +
        "followed, those that begin with `#/`. Write what it refers to into the document itself.",
    );
  });

  it.each([
    "secret.json",
    "./secret.json",
    "../secret.json#/a",
    "/etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1/a.json",
    "HTTPS://example.com/a.json#/a",
    "//example.com/a.json",
    "\\\\server\\share",
    " #/components",
    "#anchor",
    "#",
    "",
  ])("is refused when it is written as %j", (target) => {
    expect(refuse({ $ref: target })).toThrow(`page.md: #/$ref refers to ${JSON.stringify(target)}.`);
  });

  it.each([
    ["a property of a schema", { properties: { a: { $ref: "a.json" } } }],
    ["a description", { info: { description: { $ref: "a.md" } } }],
    ["an extension", { "x-extension": [{ $ref: "a.json" }] }],
    ["an example", { example: { value: { $ref: "a.json" } } }],
    [
      "a property with a special name",
      JSON.parse('{ "__proto__": { "constructor": { "$ref": "a.json" } } }'),
    ],
    ["a link to an operation", { links: { a: { operationRef: "a.json#/paths/a" } } }],
    ["an example in another file", { examples: { a: { externalValue: "a.json" } } }],
    ["an example that looks like a reference inside", { examples: { a: { externalValue: "#/a" } } }],
    ["the mapping of a discriminator", mapping("a.json")],
    ["the mapping of a discriminator to an address", mapping("https://example.com/a#/a")],
    ["the default mapping of a discriminator", { discriminator: { defaultMapping: "./a" } }],
  ])("is refused in %s", (_, value) => {
    expect(refuse(value)).toThrow("Only references inside the document are followed");
  });
});

it.each([
  ["a reference inside the document", { $ref: "#/components/schemas/a" }],
  ["a link to an operation of the document", { operationRef: "#/paths/~1a/get" }],
  ["a mapping to a schema of the document", mapping("#/components/schemas/Dog")],
  ["a mapping to the name of a schema", mapping("Dog")],
  [
    "properties that have the names of references",
    { properties: { $ref: {}, externalValue: {}, operationRef: {} } },
  ],
  ["a property with the name of a mapping", { properties: { mapping: { description: "See a.json." } } }],
  ["a list with the names of references", { required: ["$ref", "externalValue"] }],
  [
    "the address of a documentation",
    { externalDocs: { url: "https://example.com" }, x: null, y: 1, z: true },
  ],
])("%s is accepted", (_, value) => {
  expect(refuse(value)).not.toThrow();
});
