import { expect, it } from "vitest";
import { describeChanges } from "../../scripts/spec/changes.ts";
import { diff } from "../../scripts/spec/redocly.ts";
import { bodyOf, documentWith, type VendorDocument } from "./project.ts";

type Edit = (document: VendorDocument) => void;

/** The vendor's document with a view operation, so that there is an answer worth changing. */
const withView: Edit = (document) => {
  const properties = { state: { type: "string", enum: ["APPLIED", "REPLACED"] }, count: { type: "integer" } };
  const schema = { type: "object", properties } as never;
  document.paths["/audiences/view"] = {
    get: {
      parameters: [{ name: "name", in: "query", required: true, schema: { type: "string", maxLength: 255 } }],
      responses: {
        200: { description: "ok", content: { "application/json": { schema } } },
        404: { description: "none" },
      },
    } as never,
  };
};

async function changes(edit: Edit): Promise<string[]> {
  const before = documentWith(withView);
  const after = documentWith((document) => {
    withView(document);
    edit(document);
  });
  const lines = describeChanges(await diff(JSON.stringify(before), JSON.stringify(after)), before, after);
  return lines.slice(0, -1).map((line) => line.trim());
}

// biome-ignore lint/suspicious/noExplicitAny: parts that no other test edits
const viewOf = (document: VendorDocument): any => document.paths["/audiences/view"]!.get;
const stateOf = (document: VendorDocument): string[] =>
  viewOf(document).responses[200].content["application/json"].schema.properties.state.enum;
const update = "POST /audiences/update";
const view = "GET /audiences/view";

it.each<[string, Edit, string[]]>([
  [
    "a removed operation",
    (document) => delete document.paths["/audiences/view"],
    [`BREAKING      operation ${view} removed`],
  ],
  [
    "an operation that changed its method",
    (document) => {
      document.paths["/audiences/view"] = { post: viewOf(document) };
    },
    [`BREAKING      operation ${view} removed`, "not breaking  operation POST /audiences/view added"],
  ],
  [
    "a removed request field, which callers may be sending",
    (document) => delete bodyOf(document).properties.ids!.items.properties.attributes,
    [`BREAKING      ${update}, request: field \`ids[].attributes\` removed (object)`],
  ],
  [
    "a raised limit",
    (document) => (bodyOf(document).properties.ids!.maxItems = 20_000),
    [`not breaking  ${update}, request: field \`ids\`: maxItems raised from 10000 to 20000`],
  ],
  [
    "a new limit",
    (document) => (bodyOf(document).properties.name!.maxLength = 100),
    [`BREAKING      ${update}, request: field \`name\`: maxLength set to 100`],
  ],
  [
    "a limit that went away",
    (document) => Reflect.deleteProperty(bodyOf(document).properties.ids!, "maxItems"),
    [`not breaking  ${update}, request: field \`ids\`: maxItems removed, was 10000`],
  ],
  [
    "one value for another in a request",
    (document) => (bodyOf(document).properties.ids!.items.properties.action!.enum = ["add", "delete"]),
    [
      `BREAKING      ${update}, request: field \`ids[].action\`: enum value "remove" removed`,
      `not breaking  ${update}, request: field \`ids[].action\`: enum value "delete" added`,
    ],
  ],
  [
    "one value for another in an answer",
    (document) => stateOf(document).splice(1, 1, "FAILED"),
    [
      `BREAKING      ${view}, response 200: field \`state\`: enum value "FAILED" added`,
      `not breaking  ${view}, response 200: field \`state\`: enum value "REPLACED" removed`,
    ],
  ],
  [
    "a field of the request no longer required",
    (document) => bodyOf(document).required!.pop(),
    [`not breaking  ${update}, request: \`ids\` is no longer required`],
  ],
  [
    "a changed type",
    (document) =>
      (viewOf(document).responses[200].content["application/json"].schema.properties.count.type = "string"),
    [`BREAKING      ${view}, response 200: field \`count\`: type changed from "integer" to "string"`],
  ],
  [
    "parameters by name, behind a reference too",
    (document) => {
      viewOf(document).parameters[0].schema.maxLength = 64;
      viewOf(document).parameters.push({ name: "token", in: "query", schema: { type: "string" } });
      Object.assign((document.components as never as VendorParameters).parameters.HeaderProjectKey, {
        description: "new",
      });
    },
    [
      `BREAKING      ${view}, query parameter \`name\`: maxLength lowered from 255 to 64`,
      `not breaking  ${update}, header parameter \`X-Batch-Project\`: description reworded`,
      `not breaking  ${view}, query parameter \`token\` added`,
    ],
  ],
  [
    "a status that came",
    (document) => {
      viewOf(document).responses[409] = { description: "conflict" };
    },
    [`not breaking  ${view}, response 409 added`],
  ],
  [
    "a status that went",
    (document) => delete viewOf(document).responses[404],
    [`BREAKING      ${view}, response 404 removed`],
  ],
  [
    "a status that became another",
    (document) => {
      const { responses } = document.paths["/audiences/update"]!.post!;
      responses[200] = responses[202];
      delete responses[202];
    },
    [`BREAKING      ${update}, response 200: took the place of 202`],
  ],
  [
    "another media type of the request",
    (document) => {
      const { content } = document.paths["/audiences/update"]!.post!.requestBody!;
      Object.assign(content, { "text/csv": { schema: { type: "string" } } });
    },
    [`not breaking  ${update}, request text/csv added`],
  ],
  [
    "another server",
    (document) => (document.servers[0]!.url = "https://eu.batch.com/{version}"),
    [
      'BREAKING      servers/0: url changed from "https://api.batch.com/{version}" to "https://eu.batch.com/{version}"',
    ],
  ],
  ["nothing", () => {}, []],
])("tells %s", async (_, edit, lines) => {
  expect(await changes(edit)).toEqual(lines);
});

interface VendorParameters {
  parameters: { HeaderProjectKey: object };
}
