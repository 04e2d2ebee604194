import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { check, generate } from "../../scripts/spec/generated.ts";
import { importSpec } from "../../scripts/spec/import.ts";
import type { JsonObject } from "../../scripts/spec/json.ts";
import { sha256 } from "../../scripts/spec/provenance.ts";
import { SpecError } from "../../scripts/spec/spec-error.ts";
import {
  addToOverlay,
  bodyOf,
  copyProject,
  documentWith,
  filesIn,
  page,
  projectRoot,
  rewrite,
  routeDocument,
  runScript,
  silentRedocly,
  unusedRedocly,
  type VendorDocument,
} from "./project.ts";

const request = { today: "2027-01-02", signal: new AbortController().signal };

/** Writes documents into a copy of the project and imports them together. */
async function importAll(root: string, documents: Record<string, JsonObject>, redocly = silentRedocly) {
  for (const [name, document] of Object.entries(documents)) {
    await writeFile(join(root, name), JSON.stringify(document));
  }
  const inputs = Object.keys(documents).map((name) => join(root, name));
  return importSpec(root, { ...request, inputs }, redocly);
}

/** What an import says that is refused, and that it wrote nothing. */
async function refusal(root: string, documents: Record<string, JsonObject>): Promise<string> {
  const withoutInputs = async () => {
    const files = Object.entries(await filesIn(root));
    return files.filter(([path]) => path.includes("/"));
  };
  const before = await withoutInputs();
  const error = await importAll(root, documents, unusedRedocly).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(SpecError);
  expect(await withoutInputs()).toEqual(before);
  return error.message.replaceAll(`${root}/`, "");
}

async function storedIn(root: string): Promise<Record<string, JsonObject>> {
  const entries: JsonObject[] = JSON.parse(await readFile(join(root, "openapi/provenance.json"), "utf8"));
  return Object.fromEntries(entries.map((entry) => [entry.file, entry]));
}

async function routesIn(root: string): Promise<string[]> {
  const { paths } = JSON.parse(await readFile(join(root, "generated/openapi.json"), "utf8"));
  return Object.keys(paths);
}

const lowered = (document: VendorDocument) => {
  bodyOf(document).properties.ids!.maxItems = 5_000;
};
const renamed = ({ components }: VendorDocument) => {
  components.schemas.Error!.properties.error_code!.type = "integer";
};
const archive = routeDocument("archive");
const restore = routeDocument("restore");

it("imports two pages as a script: says how the vendor's version of a route differs from the overlay's", async () => {
  const root = await copyProject();
  await addToOverlay(root, archive);
  await generate(root, silentRedocly);
  const document = routeDocument("archive", (edited) => {
    const { properties } = bodyOf(edited, "archive");
    properties.ids!.maxItems = 5_000;
    properties.reason = { type: "string" } as never;
  });
  await writeFile(join(root, "update.md"), page);
  const text = JSON.stringify(document);
  await writeFile(join(root, "archive.md"), `# Archive\n\n\`\`\`json\n${text}\n\`\`\`\n`);
  // What the error about the overlay asks for.
  await cp(join(projectRoot, "openapi/overlay.yaml"), join(root, "openapi/overlay.yaml"));

  const { code, stdout, stderr } = await runScript(root, "scripts/import-spec.ts", "update.md", "archive.md");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(/^update\.md: the same document as the one imported on \d{4}-\d\d-\d\d\.$/),
    expect.stringMatching(/^Imported archive\.md and regenerated\. What changed since \d{4}-\d\d-\d\d:$/),
    "  BREAKING      POST /audiences/archive, request: field `ids`: maxItems lowered from 10000 to 5000",
    "  not breaking  POST /audiences/archive, request: field `reason` added (string)",
    "1 breaking, 1 not breaking.",
    "archive.md: write the address of its page into openapi/provenance.json, as `page` of audiences-archive.json.",
    "Review the difference, openapi/README.md and the changelog, then run the tests.",
    "",
  ]);

  expect(await readFile(join(root, "openapi/audiences-archive.json"), "utf8")).toBe(text);
  const imported = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
  expect(await storedIn(root)).toEqual({
    ...(await storedIn(projectRoot)),
    "audiences-archive.json": { file: "audiences-archive.json", imported, sha256: sha256(text) },
  });
  expect(await readFile(join(root, "generated/schema.ts"), "utf8")).toContain("reason?: string;");
  await check(root, silentRedocly);
});

it("names every route that the overlay need not add any more, and its action", async () => {
  const root = await copyProject();
  const { length } = (await readFile(join(root, "openapi/overlay.yaml"), "utf8")).match(/^ {2}- target:/gm)!;
  await addToOverlay(root, archive, restore, routeDocument("rename"));
  expect(await refusal(root, { "restore.json": restore, "archive.json": archive })).toBe(
    "openapi/overlay.yaml: the vendor's own document has these routes now. Delete the actions that add them:\n" +
      `  action ${length + 1} ($.paths): POST /audiences/archive\n` +
      `  action ${length + 2} ($.paths): POST /audiences/restore\n` +
      "Then run this again. What the vendor's version leaves out can come back as a correction with a target below " +
      "the route.",
  );
});

it("replaces the document of the same route and leaves the others as they are", async () => {
  const root = await copyProject();
  const before = await storedIn(root);
  await importAll(root, { "a.json": archive, "b.json": restore });
  expect(Object.keys(await storedIn(root))).toEqual(
    ["audiences-archive.json", "audiences-restore.json", ...Object.keys(before)].sort(),
  );
  const archived = (await storedIn(root))["audiences-archive.json"];

  await expect(importAll(root, { "update.json": documentWith(lowered) })).resolves.toContain(
    "update.json and regenerated. What changed since 2027-01-02:",
  );
  const after = await storedIn(root);
  expect(after["audiences-archive.json"]).toEqual(archived);
  expect(after["audiences-update.json"]).toEqual({
    ...before["audiences-update.json"],
    imported: "2027-01-02",
    sha256: sha256(JSON.stringify(documentWith(lowered))),
  });
  expect(await routesIn(root)).toEqual(expect.arrayContaining(["/audiences/archive", "/audiences/restore"]));
  await check(root, silentRedocly);
});

it("reports several documents that have not changed, and writes nothing", async () => {
  const root = await copyProject();
  await importAll(root, { "a.json": archive, "b.json": restore });
  const before = await filesIn(root);
  const report = await importAll(root, { "b.json": restore, "a.json": archive }, unusedRedocly);
  const same = "the same document as the one imported on 2027-01-02.";
  expect(report.replaceAll(`${root}/`, "")).toBe(`b.json: ${same}\na.json: ${same} Nothing was changed.`);
  expect(await filesIn(root)).toEqual(before);
});

it("removes the documents of single routes when one document has them all", async () => {
  const root = await copyProject();
  await importAll(root, { "a.json": archive, "b.json": restore });
  const both = { ...archive, paths: { ...(restore.paths as object), ...(archive.paths as object) } };
  await importAll(root, { "both.json": both as JsonObject });
  const files = Object.keys(await filesIn(root));
  expect(files).toContain("openapi/audiences-restore.json");
  expect(files).not.toContain("openapi/audiences-archive.json");
  expect(Object.keys(await storedIn(root))).not.toContain("audiences-archive.json");
  expect(await routesIn(root)).toEqual(expect.arrayContaining(["/audiences/archive", "/audiences/restore"]));
  await check(root, silentRedocly);
});

it("refuses pages that disagree on a component, and names it and the two pages", async () => {
  const root = await copyProject();
  const documents = { "archive.json": archive, "restore.json": routeDocument("restore", renamed) };
  expect(await refusal(root, documents)).toMatch(
    /^#\/components\/schemas\/Error differs between archive\.json and restore\.json: at #\/components\/schemas\/Error\/properties\/error_code\/type the first has "string", the second "integer"\. Fetch both/,
  );
});

it("refuses a page that disagrees with one that was imported before", async () => {
  const message = await refusal(await copyProject(), { "archive.json": routeDocument("archive", renamed) });
  expect(message).toMatch(
    /^#\/components\/schemas\/Error differs between archive\.json and openapi\/audiences-update\.json: /,
  );
});

it("refuses the same route twice, also when one of the two is the document of today", async () => {
  const root = await copyProject();
  expect(await refusal(root, { "a.json": documentWith(() => {}), "b.json": documentWith(lowered) })).toBe(
    "a.json and b.json both describe /audiences/update. Import only one of them.",
  );
});

it("refuses a document without a route", async () => {
  const document = documentWith((edited) => (edited.paths = {}));
  expect(await refusal(await copyProject(), { "a.json": document })).toBe(
    "a.json: the document describes no route. Give the page of a route.",
  );
});

it("refuses to import beside a document that was edited by hand, as does a check", async () => {
  const root = await copyProject();
  await importAll(root, { "watch.json": routeDocument("watch") });
  await rewrite(root, "openapi/audiences-watch.json", (text) => `${text}\n`);
  const message = /^openapi\/audiences-watch\.json is not the document imported on 2027-01-02: its SHA-256/;
  expect(await refusal(root, { "update.json": documentWith(lowered) })).toMatch(message);
  await expect(check(root, unusedRedocly)).rejects.toThrow(message);
});
