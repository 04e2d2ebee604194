import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { importSpec } from "../../scripts/spec/import.ts";
import { SpecError } from "../../scripts/spec/spec-error.ts";
import {
  bodyOf,
  copyProject,
  documentWith,
  filesIn,
  page,
  pageWith,
  silentRedocly,
  unusedRedocly,
  type VendorDocument,
} from "./project.ts";

const request = { today: "2027-01-02", signal: new AbortController().signal };
const json = (edit: (document: VendorDocument) => void) => JSON.stringify(documentWith(edit));
const cutOff = page.slice(0, page.indexOf('"paths"'));
const withoutDocument = page.replace(/^\{"openapi".*$/m, '{"just": "a payload"}');

it.each([
  [
    "broken JSON in a page",
    "a.md",
    page.replace('{"openapi":', '{"openapi"::'),
    /^a\.md: the document is broken JSON: \S/,
  ],
  ["a page cut off inside the document", "a.md", cutOff, /^a\.md: the document is broken JSON: \S/],
  ["a page without a document", "a.md", withoutDocument, /^a\.md: no OpenAPI document found/],
  ["a page that is HTML", "a", "<html>OpenAPI</html>", /^a: no OpenAPI document found.*address ends in \.md/],
  [
    "a page with two documents",
    "a.md",
    `${page}\n${page}`,
    /^a\.md: 2 OpenAPI documents found, one expected\./,
  ],
  [
    "Swagger 2.0 in a page",
    "a.md",
    page.replace('"openapi":"3.1.0"', '"swagger":"2.0"'),
    /not OpenAPI 3\.x, found "2\.0"/,
  ],
  [
    "OpenAPI 4",
    "a.json",
    json((document) => (document.openapi = "4.0.0")),
    /^a\.json: .*not OpenAPI 3\.x, found "4\.0\.0"/,
  ],
  ["JSON that is no document", "a.json", "[]", /^a\.json: .*not OpenAPI 3\.x, found no `openapi` field/],
  ["broken JSON", "a.json", "{", /^a\.json: the document is broken JSON: \S/],
  ["broken YAML", "a.yaml", "openapi: [", /^a\.yaml: the document is broken YAML: \S/],
  [
    "a document without a target of the overlay",
    "a.md",
    pageWith((document) => delete bodyOf(document).properties.ids!.items.properties.attributes),
    /^openapi\/overlay\.yaml, action 2 \(.*attributes\): its target is not in the document/,
  ],
  [
    "a document that contradicts the overlay",
    "a.md",
    pageWith(
      (document) => (bodyOf(document).properties.ids!.items.properties.attributes!.maxProperties = 20),
    ),
    /^openapi\/overlay\.yaml, action 2 .*: the document says `maxProperties: 20`, the overlay 15\./,
  ],
  [
    "a document with a schema that is none",
    "a.md",
    pageWith((document) => Object.assign(bodyOf(document), { required: {} })),
    /^The document with its overlay cannot be made into types: .+ Correct it in openapi\/overlay\.yaml\.$/,
  ],
  [
    "a document without its limit",
    "a.md",
    pageWith((document) => Reflect.deleteProperty(bodyOf(document).properties.ids!, "maxItems")),
    /`maxIdsPerRequest` is missing: expected a number at .*maxItems/,
  ],
])("%s is refused in one or two lines and no file is touched", async (_, name, text, message) => {
  const root = await copyProject();
  const input = join(root, name);
  await writeFile(input, text);
  const before = await filesIn(root);
  const error = await importSpec(root, { ...request, inputs: [input] }, silentRedocly).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(SpecError);
  expect(error.message.replace(`${root}/`, "")).toMatch(message);
  expect(error.message).toMatch(/^.+(\n.+)?$/);
  expect(await filesIn(root)).toEqual(before);
});

it("refuses a reference to a local file before any tool can follow it", async () => {
  const root = await copyProject();
  await writeFile(join(root, "secret.json"), '{ "type": "string", "description": "secret" }');
  const input = join(root, "a.json");
  const referring = documentWith(({ components }) => {
    Object.assign(components.schemas.Error!.properties, { extra: { $ref: join(root, "secret.json") } });
  });
  await writeFile(input, JSON.stringify(referring));
  const before = await filesIn(root);
  await expect(importSpec(root, { ...request, inputs: [input] }, unusedRedocly)).rejects.toThrow(
    `${input}: #/components/schemas/Error/properties/extra/$ref refers to "${root}/secret.json". Only references inside`,
  );
  expect(await filesIn(root)).toEqual(before);
});

it("refuses the document that was imported before when it refers to something outside", async () => {
  const root = await copyProject();
  const referring = documentWith((document) =>
    Object.assign(document.info, { $ref: "http://127.0.0.1/info.json" }),
  );
  await writeFile(join(root, "openapi/audiences-update.json"), JSON.stringify(referring));
  await writeFile(join(root, "page.md"), page);
  const answer = importSpec(root, { ...request, inputs: [join(root, "page.md")] }, unusedRedocly);
  await expect(answer).rejects.toThrow("openapi/audiences-update.json: #/info/$ref refers to");
});

it("touches no file when the lint finds a problem", async () => {
  const root = await copyProject();
  const input = join(root, "a.json");
  await writeFile(
    input,
    json((document) => (document.info.version = "3")),
  );
  const before = await filesIn(root);
  const problem = { message: "Wrong.", ruleId: "a-rule", location: [] };
  const redocly = { ...silentRedocly, lint: async () => [problem] };
  await expect(importSpec(root, { ...request, inputs: [input] }, redocly)).rejects.toThrow("Wrong. (a-rule)");
  expect(await filesIn(root)).toEqual(before);
});

it("leaves every old file whole when a new one cannot be written", async () => {
  const root = await copyProject();
  await writeFile(
    join(root, "page.md"),
    pageWith((document) => (document.info.version = "3")),
  );
  // A folder with the temporary name of a new file.
  await mkdir(join(root, "generated/schema.ts.new"));
  const before = await filesIn(root);
  const input = join(root, "page.md");
  await expect(importSpec(root, { ...request, inputs: [input] }, silentRedocly)).rejects.toThrow("EISDIR");
  expect(await filesIn(root)).toEqual(before);
});

it.each([
  ["<<<<<<< ours", "is broken JSON: "],
  ["null", "is not a list of documents, each with `file`, `imported` and `sha256`. "],
  ["[]", "is not a list of documents, each with `file`, `imported` and `sha256`. "],
  [
    '[{ "file": "a.json", "sha256": "" }]',
    "is not a list of documents, each with `file`, `imported` and `sha256`. ",
  ],
  [
    '[{ "file": "../package.json", "imported": "2027-01-01", "sha256": "" }]',
    "is not a list of documents, each with `file`, `imported` and `sha256`. ",
  ],
])("asks to restore a provenance that is %s", async (text, reason) => {
  const root = await copyProject();
  await writeFile(join(root, "openapi/provenance.json"), text);
  const error: Error = await importSpec(root, { ...request, inputs: ["page.md"] }, silentRedocly).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(SpecError);
  expect(error.message).toContain(`openapi/provenance.json ${reason}`);
  expect(error.message).toMatch(/Restore it with `git checkout openapi\/provenance\.json`\.$/);
});
