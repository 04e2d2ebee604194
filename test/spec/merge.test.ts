import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../scripts/spec/json.ts";
import { mergeDocuments } from "../../scripts/spec/merge.ts";

const error = { type: "object", properties: { code: { type: "string" }, message: { type: "string" } } };
const create = {
  openapi: "3.1.0",
  info: { title: "API", version: "1" },
  components: { schemas: { Error: error }, parameters: { Key: { in: "header", name: "K" } } },
  paths: { "/create": { post: { operationId: "create" } } },
};
const list = {
  openapi: "3.1.0",
  info: { title: "API", version: "1" },
  components: { schemas: { Error: error, Audience: {} }, responses: { 404: { description: "none" } } },
  paths: { "/list": { get: { operationId: "list" } } },
};

function merge(...documents: JsonObject[]) {
  return mergeDocuments(documents.map((document, index) => ({ name: `${"abc"[index]}.md`, document })));
}

it("has the routes and components of every document, and once what they share", () => {
  const before = structuredClone([create, list]);
  expect(merge(create, list)).toEqual({
    openapi: "3.1.0",
    info: { title: "API", version: "1" },
    components: {
      schemas: { Error: error, Audience: {} },
      parameters: { Key: { in: "header", name: "K" } },
      responses: { 404: { description: "none" } },
    },
    paths: { "/create": { post: { operationId: "create" } }, "/list": { get: { operationId: "list" } } },
  });
  expect([create, list]).toEqual(before);
});

it("leaves a single document as it is", () => {
  expect(merge(create)).toBe(create);
});

it("merges a document without components", () => {
  const { components: _, ...bare } = list;
  expect(merge(bare, create).components).toEqual(create.components);
  expect(merge(create, bare).components).toEqual(create.components);
});

it("refuses a route that is in two documents", () => {
  expect(() => merge(list, create, create)).toThrow(
    "b.md and c.md both describe /create. Import only one of them.",
  );
});

describe("a part that two documents share", () => {
  it("is refused when it differs, with its name, the two documents and the place", () => {
    const other = structuredClone(list);
    other.components.schemas.Error.properties.code.type = "integer";
    expect(() => merge(create, other)).toThrow(
      "#/components/schemas/Error differs between a.md and b.md: at #/components/schemas/Error/properties/code/type " +
        'the first has "string", the second "integer". Fetch both pages again and import them together; while the ' +
        "vendor's own pages differ, leave one out.",
    );
  });

  it("is compared with every document, not only the first", () => {
    const audience = { type: "object" };
    const view = {
      ...list,
      components: { schemas: { Audience: audience } },
      paths: { "/view": {} },
    };
    expect(() => merge(create, list, view)).toThrow(
      "#/components/schemas/Audience differs between b.md and c.md: at #/components/schemas/Audience/type the first " +
        'has nothing, the second "object". ',
    );
  });

  it("shows how many more differences there are", () => {
    const other = structuredClone(list);
    Object.assign(other.components.schemas.Error, { type: "string", required: ["code"] });
    expect(() => merge(create, other)).toThrow(
      'at #/components/schemas/Error/type the first has "object", the second "string", and 1 more difference. ',
    );
    Object.assign(other.components.schemas.Error, { description: "An error." });
    expect(() => merge(create, other)).toThrow("and 2 more differences. ");
  });

  it("shows long values around the place where they begin to differ", () => {
    const documents = ["200", "300"].map((words) => {
      const description = `${"The same words. ".repeat(20)}At most ${words} words.${" And more words.".repeat(20)}`;
      return { openapi: "3.1.0", info: { description }, paths: {} };
    });
    expect(() => merge(...documents)).toThrow(
      /at #\/info\/description the first has …[^…]{20,40}200[^…]{20,60}…, the second …[^…]{20,40}300[^…]{20,60}…\. /,
    );
  });

  it.each(["info", "servers", "security", "x-extension"])(
    "may not be missing in one: `%s` would then hold for the routes of both",
    (part) => {
      const { [part]: _, ...without } = { ...list, [part]: ["value"] } as JsonObject;
      const having: JsonObject = { ...create, [part]: ["value"] };
      expect(() => merge(having, without)).toThrow(
        `#/${part} differs between a.md and b.md: at #/${part} the first has ["value"], the second nothing. `,
      );
      expect(() => merge(without, having)).toThrow('the first has nothing, the second ["value"]. ');
    },
  );

  it("is found under a name that needs escaping", () => {
    const having = (value: string) => ({ openapi: "3.1.0", "x-a/b": value, paths: {} });
    expect(() => merge(having("1"), having("2"))).toThrow("#/x-a~1b differs between");
  });
});
