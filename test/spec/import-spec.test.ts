import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import { check } from "../../scripts/spec/generated.ts";
import { importSpec } from "../../scripts/spec/import.ts";
import { sha256 } from "../../scripts/spec/provenance.ts";
import {
  bodyOf,
  copyProject,
  documentWith,
  filesIn,
  page,
  pageWith,
  runScript,
  silentRedocly,
  type VendorDocument,
} from "./project.ts";

const request = { today: "2027-01-02", signal: new AbortController().signal };

/** Writes a file into a copy of the project and imports it. */
async function importText(root: string, name: string, text: string): Promise<string> {
  await writeFile(join(root, name), text);
  return importSpec(root, { ...request, inputs: [join(root, name)] }, silentRedocly);
}

const lowered = (document: VendorDocument) => {
  bodyOf(document).properties.ids!.maxItems = 5_000;
};

it("imports a changed page as a script: writes all files and says what changed", async () => {
  const root = await copyProject();
  await writeFile(
    join(root, "page.md"),
    pageWith((document) => {
      lowered(document);
      const action = bodyOf(document).properties.ids!.items;
      action.properties.action!.enum!.push("purge");
      action.properties.ttl = { type: "integer" } as never;
      action.required = ["action", "ttl"];
      delete action.properties.id;
      document.paths["/audiences/count"] = {
        get: {
          operationId: "audience_count",
          summary: "Count",
          security: [],
          responses: { 200: { description: "all" }, 400: { description: "bad" } },
        },
      };
      document.servers[0]!.variables.version!.default = "2.12";
    }),
  );
  const { code, stdout, stderr } = await runScript(root, "scripts/import-spec.ts", "page.md");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const update = "POST /audiences/update";
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(/^Imported page\.md and regenerated\. What changed since \d{4}-\d\d-\d\d:$/),
    `  BREAKING      ${update}, request: field \`ids\`: maxItems lowered from 10000 to 5000`,
    `  BREAKING      ${update}, request: field \`ids[]\`: \`ttl\` is now required`,
    `  BREAKING      ${update}, request: field \`ids[].id\` removed (string)`,
    "  not breaking  operation GET /audiences/count added",
    `  not breaking  ${update}, request: field \`ids[]\`: \`id\` is no longer required`,
    `  not breaking  ${update}, request: field \`ids[].action\`: enum value "purge" added`,
    `  not breaking  ${update}, request: field \`ids[].ttl\` added (integer)`,
    '  not breaking  servers/0/variables/version: default changed from "2.11" to "2.12"',
    "3 breaking, 5 not breaking.",
    "Review the difference, openapi/README.md and the changelog, then run the tests.",
    "",
  ]);

  const files = await filesIn(root);
  const document = files["openapi/audiences-update.json"]!;
  expect(files["page.md"]).toContain(`\`\`\`json\n${document}\n\`\`\``);
  expect(JSON.parse(files["openapi/provenance.json"]!)).toEqual([
    {
      file: "audiences-update.json",
      page: "https://doc.batch.com/developer/api/cep/audiences/update.md",
      imported: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      sha256: sha256(document),
    },
  ]);
  expect(files["generated/limits.ts"]).toContain("maxIdsPerRequest: 5000,");
  expect(files["generated/limits.ts"]).toContain('version: "2.12",');
  expect(files["generated/schema.ts"]).toContain('action: "add" | "remove" | "purge";');
  expect(Object.keys(files).filter((path) => path.endsWith(".new"))).toEqual([]);
  await check(root, silentRedocly);
});

it("reports the same document as such and changes nothing", async () => {
  const root = await copyProject();
  const before = await filesIn(root);
  const report = await importText(root, "page.md", page);
  expect(report).toMatch(/page\.md: the same document as the one imported on .*\. Nothing was changed\.$/);
  expect(await filesIn(root)).toEqual({ ...before, "page.md": page });
});

it("recognises the same document in another notation", async () => {
  const root = await copyProject();
  await expect(importText(root, "d.yaml", stringify(documentWith(() => {})))).resolves.toContain(
    "the same document",
  );
});

it("restores a document that was edited by hand, even where only its bytes differ", async () => {
  const root = await copyProject();
  const path = join(root, "openapi/audiences-update.json");
  const original = await readFile(path, "utf8");
  await writeFile(path, `${original}\n`);
  await expect(importText(root, "page.md", page)).resolves.toContain("0 breaking, 0 not breaking.");
  expect(await readFile(path, "utf8")).toBe(original);
  await check(root, silentRedocly);
});

it("takes a JSON document as it stands, byte for byte", async () => {
  const root = await copyProject();
  const text = JSON.stringify(documentWith(lowered), null, 4);
  await importText(root, "document.json", text);
  expect(await readFile(join(root, "openapi/audiences-update.json"), "utf8")).toBe(text);
});

it("turns a YAML document into JSON", async () => {
  const root = await copyProject();
  await importText(root, "document.yaml", stringify(documentWith(lowered)));
  const text = await readFile(join(root, "openapi/audiences-update.json"), "utf8");
  expect(JSON.parse(text)).toEqual(documentWith(lowered));
});

it("fetches an address and writes it into the provenance, without its query and fragment", async () => {
  const server = createServer((_, response) => response.end(pageWith(lowered))).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/update.md`;

  const root = await copyProject();
  const report = await importSpec(
    root,
    { ...request, inputs: [`${page}?token=hidden-7#top`] },
    silentRedocly,
  );
  expect(report).toContain(`Imported ${page} and regenerated.`);
  const files = await filesIn(root);
  expect(JSON.parse(files["openapi/provenance.json"]!)).toMatchObject([{ page, imported: "2027-01-02" }]);
  expect(Object.values(files).join()).not.toContain("hidden-7");
});

it("describes what changed in the document that the client is generated from", async () => {
  const root = await copyProject();
  const before = await readFile(join(root, "generated/openapi.json"), "utf8");
  const diff = vi.fn(silentRedocly.diff);
  await writeFile(join(root, "document.json"), JSON.stringify(documentWith(lowered)));
  await importSpec(root, { ...request, inputs: [join(root, "document.json")] }, { ...silentRedocly, diff });
  const after = await readFile(join(root, "generated/openapi.json"), "utf8");
  expect(after).not.toBe(before);
  const [compared] = diff.mock.calls.map((texts) => texts.map((text) => JSON.parse(text)));
  expect(compared).toEqual([JSON.parse(before), JSON.parse(after)]);
});
