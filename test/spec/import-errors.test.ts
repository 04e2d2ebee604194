import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { importSpec } from "../../scripts/spec/import.ts";
import { SpecError } from "../../scripts/spec/spec-error.ts";
import {
  bodyOf,
  copyProject,
  documentWith,
  filesIn,
  page,
  pageWith,
  runScript,
  type VendorDocument,
} from "./project.ts";

const request = { today: "2027-01-02", timeoutMs: 5_000 };
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
    "a document the overlay no longer fits",
    "a.md",
    pageWith((document) => delete bodyOf(document).properties.ids!.items.properties.attributes),
    /^openapi\/overlay\.yaml, action 2 \(.*attributes\): its target is not in the document/,
  ],
  [
    "a document that has come to contradict the overlay",
    "a.md",
    pageWith(
      (document) => (bodyOf(document).properties.ids!.items.properties.attributes!.maxProperties = 20),
    ),
    /^openapi\/overlay\.yaml, action 2 .*: the document says `maxProperties: 20`, the overlay 15\./,
  ],
  [
    "a document that fails the lint",
    "a.md",
    pageWith((document) => delete document.paths["/audiences/update"]!.post!.operationId),
    /fails the lint.*\n.*operationId.*\(operation-operationId\)/,
  ],
  [
    "a document without its limit",
    "a.md",
    pageWith((document) => Reflect.deleteProperty(bodyOf(document).properties.ids!, "maxItems")),
    /`maxIdsPerRequest` is missing: expected a number at .*maxItems/,
  ],
])("%s is refused in a line or two and no file is touched", async (_, name, text, message) => {
  const root = await copyProject();
  const input = join(root, name);
  await writeFile(input, text);
  const before = await filesIn(root);
  const error = await importSpec(root, { ...request, input }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(SpecError);
  expect(error.message.replace(`${root}/`, "")).toMatch(message);
  expect(error.message).toMatch(/^.+(\n.+)?$/);
  expect(await filesIn(root)).toEqual(before);
});

it("ends the script in exit code 1 with the message and no stack", async () => {
  const root = await copyProject();
  await writeFile(join(root, "page.md"), withoutDocument);
  const { code, stdout, stderr } = await runScript(root, "scripts/import-spec.ts", "page.md");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^page\.md: no OpenAPI document found.*\n$/);
});

it.each([[[]], [["a.md", "b.md"]]])("called with %j it says how it is used", async (args) => {
  const { code, stderr } = await runScript(await copyProject(), "scripts/import-spec.ts", ...args);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: "Usage: npm run import-spec -- <page.md | document.json | document.yaml | URL>\n",
  });
});

/** Imports from an address that behaves as told. */
async function importFrom(listener: RequestListener, timeoutMs: number): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const input = `http://127.0.0.1:${(server.address() as AddressInfo).port}/update.md`;
  return importSpec(await copyProject(), { ...request, input, timeoutMs });
}

it("names the status of an address that does not answer with a page", async () => {
  const answer = importFrom((_, response) => response.writeHead(404).end(page), 5_000);
  await expect(answer).rejects.toThrow(
    /^http:.*update\.md: cannot be fetched \(HTTP 404\)\. Check the address/,
  );
});

it("gives up on an address that never answers", async () => {
  await expect(importFrom(() => {}, 50)).rejects.toThrow(/cannot be fetched \(.*timeout\)/);
});

it("gives up on an address that stops in the middle", async () => {
  const stalled: RequestListener = (_, response) => void response.write(cutOff);
  await expect(importFrom(stalled, 200)).rejects.toThrow(/cannot be fetched \(.*timeout\)/);
});

it("names the reason when a connection is lost", async () => {
  await expect(importFrom((incoming) => void incoming.destroy(), 5_000)).rejects.toThrow(
    /cannot be fetched \((?!fetch failed)\S.*\)\. /,
  );
});

it("says which file cannot be read", async () => {
  const root = await copyProject();
  const input = join(root, "nowhere.md");
  const answer = importSpec(root, { ...request, input });
  await expect(answer).rejects.toThrow(/nowhere\.md: cannot be read \(ENOENT.*\)\. Check the path\./);
});

it("leaves every old file whole when a new one cannot be written", async () => {
  const root = await copyProject();
  await writeFile(
    join(root, "page.md"),
    pageWith((document) => (document.info.version = "3")),
  );
  // A folder where a new file is to be laid down first.
  await mkdir(join(root, "generated/schema.ts.new"));
  const before = await filesIn(root);
  const input = join(root, "page.md");
  await expect(importSpec(root, { ...request, input })).rejects.toThrow("EISDIR");
  expect(await filesIn(root)).toEqual(before);
});

it("asks to restore a provenance that cannot be read", async () => {
  const root = await copyProject();
  await writeFile(join(root, "openapi/provenance.json"), "<<<<<<< ours");
  const answer = importSpec(root, { ...request, input: "page.md" });
  await expect(answer).rejects.toThrow("openapi/provenance.json is broken JSON");
});
