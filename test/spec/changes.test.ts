import { beforeAll, expect, it } from "vitest";
import { describeChanges } from "../../scripts/spec/changes.ts";
import { redocly } from "../../scripts/spec/redocly.ts";
import { bodyOf, documentWith, type VendorDocument } from "./project.ts";

/** An edit of a place that no other edit touches, and what is said of it. */
interface Case {
  name: string;
  edit(document: VendorDocument): unknown;
  said: string[];
}

// biome-ignore lint/suspicious/noExplicitAny: parts of operations that only these tests edit
type AnyOperation = any;

const update = "POST /audiences/update";
const view = "GET /audiences/view";
const viewOf = (document: VendorDocument): AnyOperation => document.paths["/audiences/view"]!.get;
const answerOf = (document: VendorDocument) =>
  viewOf(document).responses[200].content["application/json"].schema.properties;

/** More operations than the vendor's document has, so that every case has a place of its own. */
function addOperations(document: VendorDocument): void {
  const properties = { state: { type: "string", enum: ["APPLIED", "REPLACED"] }, count: { type: "integer" } };
  const content = { "application/json": { schema: { type: "object", properties } } };
  const responses = { 200: { description: "ok", content }, 404: { description: "none" } };
  const parameters = [
    { name: "name", in: "query", required: true, schema: { type: "string", maxLength: 255 } },
  ];
  document.paths["/audiences/view"] = { get: { parameters, responses } as AnyOperation };
  for (const path of ["/audiences/list", "/audiences/count"]) {
    document.paths[path] = { get: { responses: { 200: { description: "ok" } } } };
  }
  document.paths["/audiences/replace"] = structuredClone(document.paths["/audiences/update"]!);
  const mode = { name: "mode", in: "query", schema: { type: "string" } };
  (document.paths["/audiences/replace"].post as AnyOperation).parameters.push(mode);
}

const cases: Case[] = [
  {
    name: "a removed operation",
    edit: ({ paths }) => delete paths["/audiences/list"],
    said: ["BREAKING      operation GET /audiences/list removed"],
  },
  {
    name: "an operation with another method",
    edit: ({ paths }) => {
      paths["/audiences/count"] = { post: paths["/audiences/count"]!.get! };
    },
    said: [
      "BREAKING      operation GET /audiences/count removed",
      "not breaking  operation POST /audiences/count added",
    ],
  },
  {
    name: "a removed request field, which callers may be sending",
    edit: (document) => delete bodyOf(document).properties.ids!.items.properties.attributes,
    said: [`BREAKING      ${update}, request: field \`ids[].attributes\` removed (object)`],
  },
  {
    name: "a raised limit",
    edit: (document) => (bodyOf(document).properties.ids!.maxItems = 20_000),
    said: [`not breaking  ${update}, request: field \`ids\`: maxItems raised from 10000 to 20000`],
  },
  {
    name: "a new limit",
    edit: (document) => (bodyOf(document).properties.name!.maxLength = 100),
    said: [`BREAKING      ${update}, request: field \`name\`: maxLength set to 100`],
  },
  {
    name: "a removed limit",
    edit: (document) => Reflect.deleteProperty(bodyOf(document, "replace").properties.ids!, "maxItems"),
    said: ["not breaking  POST /audiences/replace, request: field `ids`: maxItems removed, was 10000"],
  },
  {
    name: "one value in place of another in a request",
    edit: (document) => (bodyOf(document).properties.ids!.items.properties.action!.enum = ["add", "delete"]),
    said: [
      `BREAKING      ${update}, request: field \`ids[].action\`: enum value "remove" removed`,
      `not breaking  ${update}, request: field \`ids[].action\`: enum value "delete" added`,
    ],
  },
  {
    name: "one value in place of another in an answer",
    edit: (document) => answerOf(document).state.enum.splice(1, 1, "FAILED"),
    said: [
      `BREAKING      ${view}, response 200: field \`state\`: enum value "FAILED" added`,
      `not breaking  ${view}, response 200: field \`state\`: enum value "REPLACED" removed`,
    ],
  },
  {
    name: "a request field that is no longer required",
    edit: (document) => bodyOf(document).required!.pop(),
    said: [`not breaking  ${update}, request: \`ids\` is no longer required`],
  },
  {
    name: "another type",
    edit: (document) => (answerOf(document).count.type = "string"),
    said: [`BREAKING      ${view}, response 200: field \`count\`: type changed from "integer" to "string"`],
  },
  {
    name: "parameters by their names",
    edit: (document) => {
      const { parameters } = viewOf(document);
      parameters[0].schema.maxLength = 64;
      parameters.push({ name: "token", in: "query", schema: { type: "string" } });
    },
    said: [
      `BREAKING      ${view}, query parameter \`name\`: maxLength lowered from 255 to 64`,
      `not breaking  ${view}, query parameter \`token\` added`,
    ],
  },
  {
    name: "a parameter behind a reference, once for all operations that have it",
    edit: ({ components }) => {
      Object.assign((components as AnyOperation).parameters.HeaderProjectKey, { description: "new" });
    },
    said: [`not breaking  ${update}, header parameter \`X-Batch-Project\`: description reworded`],
  },
  {
    name: "a removed parameter by the name that it had",
    edit: ({ paths }) => (paths["/audiences/replace"]!.post as AnyOperation).parameters.pop(),
    said: ["BREAKING      POST /audiences/replace, query parameter `mode` removed"],
  },
  {
    name: "a new status",
    edit: ({ paths }) => (paths["/audiences/replace"]!.post!.responses[409] = { description: "conflict" }),
    said: ["not breaking  POST /audiences/replace, response 409 added"],
  },
  {
    name: "a removed status",
    edit: (document) => delete viewOf(document).responses[404],
    said: [`BREAKING      ${view}, response 404 removed`],
  },
  {
    name: "a status in place of another",
    edit: ({ paths }) => {
      const { responses } = paths["/audiences/update"]!.post!;
      responses[200] = responses[202];
      delete responses[202];
    },
    said: [`BREAKING      ${update}, response 200: took the place of 202`],
  },
  {
    name: "another media type of a request",
    edit: ({ paths }) => {
      const { content } = paths["/audiences/update"]!.post!.requestBody!;
      Object.assign(content, { "text/csv": { schema: { type: "string" } } });
    },
    said: [`not breaking  ${update}, request text/csv added`],
  },
  {
    name: "another server",
    edit: ({ servers }) => (servers[0]!.url = "https://eu.batch.com/{version}"),
    said: [
      'BREAKING      servers/0: url changed from "https://api.batch.com/{version}" to "https://eu.batch.com/{version}"',
    ],
  },
];

let report: string[];

// All edits at once: each comparison starts a process.
beforeAll(async () => {
  const before = documentWith(addOperations);
  const after = documentWith((document) => {
    addOperations(document);
    for (const { edit } of cases) edit(document);
  });
  const changes = await redocly.diff(JSON.stringify(before), JSON.stringify(after));
  report = describeChanges(changes, before, after).map((line) => line.trim());
});

it.each(cases)("describes $name", ({ said }) => {
  expect(report).toEqual(expect.arrayContaining(said));
});

it("describes nothing else, breaking changes first, and ends with the sum", () => {
  const entries = report.slice(0, -1);
  expect([...entries].sort()).toEqual(cases.flatMap(({ said }) => said).sort());
  expect(entries).toEqual([...entries].sort((a, b) => Number(isBreaking(b)) - Number(isBreaking(a))));
  const breaking = entries.filter(isBreaking).length;
  expect(report.at(-1)).toBe(`${breaking} breaking, ${entries.length - breaking} not breaking.`);
});

it("describes equal documents as no change", () => {
  const document = documentWith(() => {});
  expect(describeChanges([], document, document)).toEqual(["0 breaking, 0 not breaking."]);
});

function isBreaking(entry: string): boolean {
  return entry.startsWith("BREAKING");
}
